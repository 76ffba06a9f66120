using Grpc.Core;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.Tests.Otlp;
using SecretsBroker.Tests.Telemetry;
using static SecretsBroker.Telemetry.TelemetryNames;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What a collector is told of the life of a lease, by the broker as it runs.</summary>
[NonParallelizable]
internal sealed class ExportTests
{
    [Test]
    public async Task Issue_is_one_trace_with_a_span_for_each_part_and_its_revocation_links_to_it()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.Grpc);
        await using var broker = await StartAsync(receiver, OtlpReceiver.Grpc);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease;
        await agent.CompleteAsync(task);
        await broker.StopAsync();

        var issue = receiver.Spans.Single(span => span.Name == Spans.Issue);
        var trace = receiver.Spans.Where(span => span.TraceId == issue.TraceId).ToList();
        var revocation = receiver.Spans.Single(span => span.Name == Spans.Revocation);
        Assert.Multiple(() =>
        {
            Assert.That(
                trace.Select(span => span.Name),
                Is.SupersetOf(new[] { Spans.Identity, Spans.Policy, "store reserve", "engine issue", "store activate", Spans.Audit }));
            Assert.That(
                trace.Where(span => span.ParentSpanId == issue.SpanId).ToList(), Has.Count.GreaterThanOrEqualTo(5));
            Assert.That(revocation.TraceId, Is.Not.EqualTo(issue.TraceId));
            Assert.That(revocation.Links.Single().SpanId, Is.EqualTo(issue.SpanId));
            Assert.That(Attribute(revocation.Attributes, Attributes.Lease), Is.EqualTo(lease.LeaseId));
        });
        var told = receiver.LogRecords.Single(record => record.Body.StringValue.StartsWith($"Lease {lease.LeaseId} issued", StringComparison.Ordinal));
        Assert.That(told.TraceId, Is.EqualTo(issue.TraceId));
        Assert.That(Attribute(told.Attributes, "DecisionId"), Is.EqualTo(lease.DecisionId));
    }

    [Test]
    public async Task Numbers_say_what_was_issued_denied_and_revoked_and_what_is_live()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.HttpProtobuf);
        await using var broker = await StartAsync(receiver, OtlpReceiver.HttpProtobuf, ("OTEL_METRIC_EXPORT_INTERVAL", "200"));
        var agent = broker.Agent("a");
        var (ended, open) = (await agent.StartTaskAsync(), await agent.StartTaskAsync());
        await agent.IssueAsync(ended, BrokerUnderTest.Items);
        await agent.IssueAsync(open, BrokerUnderTest.Items);
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(open, "vault/nothing"));
        await agent.CompleteAsync(ended);

        // The store's own numbers come with the next sweep.
        await Eventually.HoldsAsync(() => Points(receiver, Metrics.LeaseLive).Any(point => point.AsInt == 1));
        await broker.StopAsync();

        Assert.Multiple(() =>
        {
            Assert.That(Points(receiver, Metrics.LeaseIssued).Last().AsInt, Is.EqualTo(2));
            Assert.That(Attribute(Points(receiver, Metrics.LeaseIssued).Last().Attributes, Attributes.Grant), Is.EqualTo("read-items"));
            Assert.That(Attribute(Points(receiver, Metrics.LeaseDenied).Last().Attributes, Attributes.Reason), Is.EqualTo("unknown_grant"));
            Assert.That(Attribute(Points(receiver, Metrics.LeaseRevoked).Last().Attributes, Attributes.Cause), Is.EqualTo("completed"));
            Assert.That(Points(receiver, Metrics.LeaseStuck), Is.Not.Empty);
            Assert.That(Points(receiver, Metrics.RevocationBacklog), Is.Not.Empty);
            foreach (var duration in (string[])
                [Metrics.IssueDuration, Metrics.DecisionDuration, Metrics.EngineDuration, Metrics.RevocationLag, Metrics.AuditAppendDuration])
            {
                Assert.That(
                    receiver.AllMetrics.Where(metric => metric.Name == duration).SelectMany(metric => metric.Histogram.Points), Is.Not.Empty, duration);
            }
        });
    }

    private static Task<BrokerUnderTest> StartAsync(
        OtlpReceiver receiver, string protocol, params (string Key, object Value)[] further) =>
        BrokerUnderTest.StartAsync(
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("Logging:LogLevel:SecretsBroker", "Information"),
            .. further,
        ]);

    private static IEnumerable<NumberPoint> Points(OtlpReceiver receiver, string name) => receiver.AllMetrics
        .Where(metric => metric.Name == name)
        .SelectMany(metric => metric.Sum?.Points ?? metric.Gauge.Points);

    private static string? Attribute(IEnumerable<KeyValue> attributes, string key) =>
        attributes.SingleOrDefault(attribute => attribute.Key == key)?.Value.StringValue;
}
