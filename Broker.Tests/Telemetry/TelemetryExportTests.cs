using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Otlp;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Tests.Telemetry;

[NonParallelizable]
internal sealed partial class TelemetryExportTests
{
    [Test]
    public async Task Metrics_arrive_with_units_attributes_and_buckets(
        [Values(OtlpReceiver.Grpc, OtlpReceiver.HttpProtobuf)] string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(protocol);
        await RunAsync(receiver, protocol, services =>
        {
            var metrics = services.GetRequiredService<BrokerMetrics>();
            metrics.LeaseIssued("read-orders", "postgres");
            metrics.LeaseIssued("read-orders", "postgres");
            metrics.LeaseDenied(DenialReason.RateLimit, "read-orders");
            metrics.LeaseRevoked(EndCause.Lost, "postgres", "orders", TimeSpan.FromSeconds(2));
            metrics.IssueFinished("postgres", IssueOutcome.Issued, TimeSpan.FromMilliseconds(7));
            metrics.Decided(DecisionOutcome.Allowed, TimeSpan.FromMilliseconds(0.2));
            metrics.EngineCalled("postgres", EngineOperation.Issue, EngineOutcome.Succeeded, TimeSpan.FromMilliseconds(5));
            metrics.SetBacklog(0, [new TargetBacklog("orders", 5, 3, DateTimeOffset.UnixEpoch, 1)], DateTimeOffset.UnixEpoch.AddSeconds(9));
        });

        var issued = Metric(receiver, Metrics.LeaseIssued);
        var lag = Metric(receiver, Metrics.RevocationLag);
        Assert.Multiple(() =>
        {
            Assert.That(issued.Sum.IsMonotonic);
            Assert.That(issued.Sum.Points.Single().AsInt, Is.EqualTo(2));
            Assert.That(issued.Unit, Is.EqualTo(Units.Lease));
            Assert.That(Attribute(issued.Sum.Points[0].Attributes, Attributes.Grant), Is.EqualTo("read-orders"));
            Assert.That(Attribute(Metric(receiver, Metrics.LeaseDenied).Sum.Points[0].Attributes, Attributes.Reason), Is.EqualTo("rate_limit"));
            Assert.That(Attribute(Metric(receiver, Metrics.LeaseRevoked).Sum.Points[0].Attributes, Attributes.Cause), Is.EqualTo("lost"));
            Assert.That(lag.Histogram.Points.Single().Sum, Is.EqualTo(2));
            Assert.That(lag.Histogram.Points.Single().Bounds, Is.EqualTo(Buckets.Lag));
            Assert.That(Metric(receiver, Metrics.IssueDuration).Histogram.Points.Single().Count, Is.EqualTo(1));
            Assert.That(Metric(receiver, Metrics.DecisionDuration).Histogram.Points.Single().Bounds, Is.EqualTo(Buckets.InProcess));
            Assert.That(Attribute(Metric(receiver, Metrics.EngineDuration).Histogram.Points[0].Attributes, Attributes.Operation), Is.EqualTo("issue"));
            Assert.That(Metric(receiver, Metrics.LeaseLive).Gauge.Points.Single().AsInt, Is.EqualTo(5));
            Assert.That(Metric(receiver, Metrics.LeaseStuck).Gauge.Points.Single().AsInt, Is.EqualTo(1));
            Assert.That(Metric(receiver, Metrics.RevocationBacklog).Gauge.Points.Single().AsInt, Is.EqualTo(3));
            Assert.That(Metric(receiver, Metrics.RevocationBacklogAge).Gauge.Points.Single().AsDouble, Is.GreaterThanOrEqualTo(9));
        });
    }

    [Test]
    public async Task Issue_arrives_as_one_trace_and_the_revocation_links_to_it(
        [Values(OtlpReceiver.Grpc, OtlpReceiver.HttpProtobuf)] string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(protocol);
        await RunAsync(receiver, protocol, services =>
        {
            var tracing = services.GetRequiredService<BrokerTracing>();
            string traceParent;
            using (tracing.StartIssue())
            {
                traceParent = BrokerTracing.CurrentTraceParent;
                tracing.StartIdentity()?.Dispose();
                tracing.StartPolicy()?.Dispose();
                using (var store = tracing.StartStore("reserve"))
                {
                    store.Fail(new StoreException("said by the server", isTransient: true));
                }

                tracing.StartEngine("postgres", EngineOperation.Issue, "orders")?.Dispose();
                tracing.StartAudit()?.Dispose();
            }

            tracing.StartRevocation(Lease(traceParent))?.Dispose();
        });

        var issue = Span(receiver, Spans.Issue);
        var parts = new[] { Spans.Identity, Spans.Policy, "store reserve", "engine issue", Spans.Audit }.Select(name => Span(receiver, name)).ToList();
        var revocation = Span(receiver, Spans.Revocation);
        Assert.Multiple(() =>
        {
            Assert.That(issue.ParentSpanId, Is.Empty);
            Assert.That(parts.Select(part => part.ParentSpanId), Is.All.EqualTo(issue.SpanId));
            Assert.That(parts.Select(part => part.TraceId), Is.All.EqualTo(issue.TraceId));
            Assert.That(revocation.TraceId, Is.Not.EqualTo(issue.TraceId));
            Assert.That(revocation.Links.Single().SpanId, Is.EqualTo(issue.SpanId));
            Assert.That(revocation.Links.Single().TraceId, Is.EqualTo(issue.TraceId));
            Assert.That(Attribute(revocation.Attributes, Attributes.Decision), Is.EqualTo("d-1"));
            Assert.That(Attribute(Span(receiver, "store reserve").Attributes, Attributes.ErrorType), Is.EqualTo("STORE_UNAVAILABLE"));
            Assert.That(receiver.Traces.Select(traces => traces.ToString()), Has.None.Contains("said by the server"));
        });
    }

    [Test]
    public async Task Logs_arrive_with_ids_as_attributes_and_in_their_trace(
        [Values(OtlpReceiver.Grpc, OtlpReceiver.HttpProtobuf)] string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync(protocol);
        await RunAsync(receiver, protocol, services =>
        {
            using var issue = services.GetRequiredService<BrokerTracing>().StartIssue();
            LogIssued(services.GetRequiredService<ILogger<TelemetryExportTests>>(), "lease-1", "decision-1");
        });

        var record = receiver.LogRecords.Single(record => record.Body.StringValue == "Issued lease-1 after decision-1");
        Assert.Multiple(() =>
        {
            Assert.That(Attribute(record.Attributes, "LeaseId"), Is.EqualTo("lease-1"));
            Assert.That(Attribute(record.Attributes, "DecisionId"), Is.EqualTo("decision-1"));
            Assert.That(record.TraceId, Is.EqualTo(Span(receiver, Spans.Issue).TraceId));
            Assert.That(record.SpanId, Is.EqualTo(Span(receiver, Spans.Issue).SpanId));
        });
    }

    [Test]
    public async Task Standard_settings_hold()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.HttpProtobuf);
        await RunAsync(
            receiver,
            OtlpReceiver.HttpProtobuf,
            services => services.GetRequiredService<BrokerTracing>().StartIssue()?.Dispose(),
            new()
            {
                ["OTEL_SERVICE_NAME"] = "broker-a",
                ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=staging",
                ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-tenant=blue",
            });

        var resource = receiver.Traces.First().Resource.Attributes;
        Assert.Multiple(() =>
        {
            Assert.That(Attribute(resource, "service.name"), Is.EqualTo("broker-a"));
            Assert.That(Attribute(resource, "service.version"), Is.Not.Empty);
            Assert.That(Attribute(resource, "deployment.environment.name"), Is.EqualTo("staging"));
            Assert.That(receiver.Headers, Is.All.EqualTo("blue"));
        });
    }

    [Test]
    public async Task Product_names_itself_when_nobody_else_does()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.HttpProtobuf);
        await RunAsync(
            receiver, OtlpReceiver.HttpProtobuf, services => services.GetRequiredService<BrokerTracing>().StartIssue()?.Dispose());

        Assert.That(Attribute(receiver.Traces.First().Resource.Attributes, "service.name"), Is.EqualTo(ServiceName));
    }

    [Test]
    public async Task Brokers_in_one_process_report_only_their_own_numbers()
    {
        await using var receiver = await OtlpReceiver.StartAsync(OtlpReceiver.HttpProtobuf);
        using var other = Build(new());
        other.Services.GetRequiredService<BrokerMetrics>();

        await RunAsync(receiver, OtlpReceiver.HttpProtobuf, services =>
        {
            services.GetRequiredService<BrokerMetrics>().LeaseIssued("own", "jwt");
            other.Services.GetRequiredService<BrokerMetrics>().LeaseIssued("foreign", "jwt");
        });

        Assert.That(
            Metric(receiver, Metrics.LeaseIssued).Sum.Points.Select(point => Attribute(point.Attributes, Attributes.Grant)),
            Is.EqualTo(["own"]));
    }

    [Test]
    public void Nothing_is_exported_without_an_endpoint()
    {
        using var host = Build(new());

        using var span = host.Services.GetRequiredService<BrokerTracing>().StartIssue();
        Assert.Multiple(() =>
        {
            Assert.That(host.Services.GetServices<IHostedService>(), Is.Empty);
            Assert.That(host.Services.GetServices<ILoggerProvider>(), Is.Empty);
            Assert.That(span, Is.Null);
        });
    }

    [Test]
    public async Task Collector_that_is_away_does_not_hold_up_the_stop()
    {
        // Port 9 of loopback (discard) is closed: the exporter keeps trying until it is told to stop.
        using var host = Build(new() { [TelemetryExtensions.EndpointSetting] = "http://127.0.0.1:9" });
        await host.StartAsync();
        host.Services.GetRequiredService<BrokerMetrics>().LeaseIssued("read-orders", "postgres");
        var started = Stopwatch.GetTimestamp();

        await host.StopAsync();

        Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(15)));
    }

    private static async Task RunAsync(
        OtlpReceiver receiver, string protocol, Action<IServiceProvider> act, Dictionary<string, string?>? settings = null)
    {
        settings ??= [];
        settings[TelemetryExtensions.EndpointSetting] = receiver.Endpoint;
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
        using var host = Build(settings);
        await host.StartAsync();
        act(host.Services);
        await host.StopAsync();
    }

    private static IHost Build(Dictionary<string, string?> settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddTelemetry(builder.Configuration);
        return builder.Build();
    }

    private static Metric Metric(OtlpReceiver receiver, string name) => receiver.AllMetrics.Last(metric => metric.Name == name);

    private static Span Span(OtlpReceiver receiver, string name) => receiver.Spans.Single(span => span.Name == name);

    private static string? Attribute(IEnumerable<KeyValue> attributes, string key) =>
        attributes.SingleOrDefault(attribute => attribute.Key == key)?.Value.StringValue;

    private static Lease Lease(string traceParent) => new()
    {
        Id = LeaseId.New(0),
        Task = new TaskKey(new WorkloadId("spiffe://example.org/agent"), new TaskId("t-1")),
        Grant = "read-orders",
        Engine = "postgres",
        Target = "orders",
        Action = "read",
        Resource = "postgres/orders",
        DecisionId = "d-1",
        TraceParent = traceParent,
    };

    [LoggerMessage(LogLevel.Information, "Issued {LeaseId} after {DecisionId}")]
    private static partial void LogIssued(ILogger logger, string leaseId, string decisionId);
}
