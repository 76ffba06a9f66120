using SecretsBroker.Audit;

namespace SecretsBroker.Explaining;

/// <summary>What a record is about, where the workload that acted is not the one whose it is.</summary>
internal static class RecordOwner
{
    /// <summary>Whose task or lease: an approver's record names the requester besides.</summary>
    public static string Of(AuditRecord record) => record.Requester.Length > 0 ? record.Requester : record.Workload;

    /// <summary>Whether it is one of the records that every lease leaves; others only name a lease.</summary>
    public static bool IsOfLease(AuditRecord record) => record.Lease.Length > 0
        && record.Type is AuditEventType.Issued or AuditEventType.Renewed or AuditEventType.Used or AuditEventType.Revoked or AuditEventType.LeasesRechecked;
}
