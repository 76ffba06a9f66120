using System.Diagnostics;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Telemetry;

internal sealed class BrokerTracingTests
{
    [Test]
    public void Revocation_links_to_the_issue_and_is_no_part_of_its_trace()
    {
        using var listener = Listen();
        using var tracing = new BrokerTracing();
        string traceParent;
        ActivityTraceId issue;
        using (var activity = tracing.StartIssue()!)
        {
            issue = activity.TraceId;
            traceParent = BrokerTracing.CurrentTraceParent;
        }

        using var revocation = tracing.StartRevocation(Lease(traceParent))!;

        Assert.Multiple(() =>
        {
            Assert.That(revocation.TraceId, Is.Not.EqualTo(issue));
            Assert.That(revocation.Links.Single().Context.TraceId, Is.EqualTo(issue));
        });
    }

    [TestCase("")]
    [TestCase("nonsense")]
    public void Lease_that_was_not_traced_has_no_link(string traceParent)
    {
        using var listener = Listen();
        using var tracing = new BrokerTracing();

        using var revocation = tracing.StartRevocation(Lease(traceParent))!;

        Assert.That(revocation.Links, Is.Empty);
    }

    [Test]
    public void Failed_span_keeps_the_reason_and_not_the_message()
    {
        using var listener = Listen();
        using var tracing = new BrokerTracing();
        using var span = tracing.StartStore("reserve")!;

        span.Fail(new StoreException("what the server said", isTransient: true));

        Assert.Multiple(() =>
        {
            Assert.That(span.Status, Is.EqualTo(ActivityStatusCode.Error));
            Assert.That(span.GetTagItem(TelemetryNames.Attributes.ErrorType), Is.EqualTo("STORE_UNAVAILABLE"));
            Assert.That(span.StatusDescription, Is.Null);
            Assert.That(span.Events, Is.Empty);
        });
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TelemetryNames.Scope,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

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
}
