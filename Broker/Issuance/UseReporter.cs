using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>Records what a secret was used for, and holds it against the intent.</summary>
internal sealed class UseReporter(CurrentCatalog catalog, ILeaseStore store, Revoker revoker, SignalBuffer signals, IAuditSink audit)
{
    private const string LeaseField = "lease";

    /// <returns>Null when the workload has no such lease.</returns>
    public async Task<UseVerdict?> ReportAsync(Workload workload, LeaseId id, Use use, CancellationToken cancellationToken)
    {
        var lease = await store.FindLeaseAsync(id, cancellationToken);
        if (lease is null || lease.Owner != workload.Id)
        {
            return null;
        }

        var grant = catalog.Snapshot.FindGrant(lease.Grant);
        var violations = Violations(lease, grant, use).ToList();
        // That the lease had ended is no violation of the intent: it may have ended while the secret was used.
        if (violations.Exists(violation => violation.Field != LeaseField))
        {
            signals.Add(workload.Id, Signal.Violated);
        }

        var ends = violations.Count > 0 && lease.Cause == EndCause.None && grant is { RevokeOnViolation: true };
        if (ends)
        {
            // Before the record: taking access away does not wait for the audit log.
            var ended = await store.EndAsync(id, EndCause.Violation, cancellationToken);
            ends = ended?.Cause == EndCause.Violation;
            revoker.RevokeSoon(id);
        }

        await audit.AppendAsync(
            LeaseRecords.Of(lease, $"{id}/used/{Decision.NewId()}", AuditEventType.Used) with
            {
                Tool = use.Tool,
                Action = use.Action.Length == 0 ? lease.Action : use.Action,
                DownstreamResource = use.DownstreamResource,
                Outcome = use.Outcome.ToString(),
                Allowed = violations.Count == 0,
                Reason = string.Join("; ", violations.Select(violation => violation.Description)),
                TraceId = BrokerTracing.CurrentTraceId,
            },
            cancellationToken);
        return new UseVerdict(violations, ends);
    }

    private static IEnumerable<UseViolation> Violations(Lease lease, Grant? grant, Use use)
    {
        if (lease.State != LeaseState.Active)
        {
            yield return new UseViolation(LeaseField, "the lease had ended");
        }

        var toolAllowed = lease.Tool.Length > 0
            ? use.Tool == lease.Tool
            : grant is null || grant.Tools.Count == 0 || grant.Tools.Contains(use.Tool);
        if (!toolAllowed)
        {
            yield return new UseViolation("tool", "another tool than intended used the secret");
        }

        if (use.Action.Length > 0 && use.Action != lease.Action)
        {
            yield return new UseViolation("action", "another action than intended was done");
        }

        if (!LiesWithin(use.DownstreamResource, lease.Resource))
        {
            yield return new UseViolation("downstream_resource", "another resource than intended was touched");
        }
    }

    private static bool LiesWithin(string resource, string intended) =>
        resource == intended || resource.StartsWith(intended + "/", StringComparison.Ordinal);
}
