using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>What the audit log says of holding targets against leases.</summary>
internal static class ReconciliationRecords
{
    /// <summary>The same id at whichever broker removes it, and however often it comes back.</summary>
    public static AuditRecord Removed(LeaseId lease, Target target, string proof) => new()
    {
        Id = $"{lease}/orphan",
        Type = AuditEventType.OrphanRemoved,
        Lease = lease.Value,
        Engine = target.Engine,
        Target = target.Name,
        Proof = proof,
    };

    public static AuditRecord Missing(Lease lease) => LeaseRecords.Of(lease, $"{lease.Id}/missing", AuditEventType.LeaseMissing);

    /// <param name="report">What it came to.</param>
    /// <param name="target">Which.</param>
    /// <param name="actor">The operator who asked; empty when none did.</param>
    public static AuditRecord Passed(ReconciliationReport report, Target target, string actor) => new()
    {
        Id = $"{AuditEventType.TargetReconciled}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}",
        Type = AuditEventType.TargetReconciled,
        Workload = actor,
        Engine = target.Engine,
        Target = target.Name,
        Outcome = report.IsDryRun ? "DryRun" : "Enforced",
        Reason = report.ToString(),
        LeasesFound = report.Orphans.Count,
        LeasesGone = report.Removed,
    };
}
