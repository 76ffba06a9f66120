using System.Diagnostics;
using SecretsBroker.Leases;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Telemetry;

/// <summary>
/// The spans of a broker. Each method returns null when nobody listens; <c>using</c> accepts that, and so do the extensions
/// of <see cref="ActivityExtensions"/>.
/// </summary>
internal sealed class BrokerTracing : IDisposable
{
    private readonly ActivitySource _source = new(Scope);

    public Activity? StartIssue() => _source.StartActivity(Spans.Issue);

    public Activity? StartIdentity() => _source.StartActivity(Spans.Identity);

    public Activity? StartPolicy() => _source.StartActivity(Spans.Policy);

    public Activity? StartPolicyServer() => _source.StartActivity(Spans.PolicyServer, ActivityKind.Client);

    public Activity? StartAudit() => _source.StartActivity(Spans.Audit);

    /// <param name="operation">The store's operation, such as <c>reserve</c>; one of a fixed set.</param>
    public Activity? StartStore(string operation) =>
        _source.StartActivity(Spans.StorePrefix + operation, ActivityKind.Client);

    public Activity? StartEngine(string engine, EngineOperation operation, string target) =>
        _source.StartActivity(Spans.EnginePrefix + LabelText<EngineOperation>.Of(operation), ActivityKind.Client)
            ?.SetTag(Attributes.Engine, engine)
            .SetTag(Attributes.Target, target);

    /// <summary>Below the call that revokes, if any, and linked to the issue, which may be long over.</summary>
    public Activity? StartRevocation(Lease lease) =>
        _source.StartActivity(Spans.Revocation, ActivityKind.Internal, parentContext: default, tags: null, LinksTo(lease.TraceParent))
            ?.SetTag(Attributes.Lease, lease.Id.Value)
            .SetTag(Attributes.Decision, lease.DecisionId)
            .SetTag(Attributes.Engine, lease.Engine)
            .SetTag(Attributes.Target, lease.Target)
            .SetTag(Attributes.Cause, LabelText<EndCause>.Of(lease.Cause));

    /// <summary>W3C <c>traceparent</c> of what is under way, to be kept with the lease; empty when not traced.</summary>
    public static string CurrentTraceParent => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";

    /// <summary>W3C trace id of what is under way; empty when not traced.</summary>
    public static string CurrentTraceId => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString() : "";

    /// <summary>One link, or none when <paramref name="traceParent"/> is empty or not a W3C one.</summary>
    public static IEnumerable<ActivityLink> LinksTo(string traceParent) =>
        ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var context) ? [new ActivityLink(context)] : [];

    public void Dispose() => _source.Dispose();
}
