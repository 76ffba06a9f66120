using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;

namespace SecretsBroker.Audit;

/// <summary>What the log says of a lease.</summary>
internal static class LeaseRecords
{
    public static AuditRecord Issued(Lease lease, string traceId) =>
        Of(lease, $"{lease.Id}/issued", AuditEventType.Issued) with
        {
            ExpireTime = lease.ExpireTime,
            SealedFor = lease.SealedFor,
            TraceId = traceId,
        };

    /// <param name="lease">Marked gone.</param>
    /// <param name="traceId">Of the revocation.</param>
    public static AuditRecord Revoked(Lease lease, string traceId) =>
        Of(lease, RevokedId(lease), AuditEventType.Revoked) with
        {
            Cause = lease.Cause.ToString(),
            EndTime = lease.EndTime,
            GoneTime = lease.GoneTime,
            Lag = lease.GoneTime - lease.EndTime,
            Attempts = lease.Attempts,
            Proof = lease.Proof,
            TraceId = traceId,
        };

    /// <summary>One id for one revocation: whoever finishes it for a broker that died finds the record by it.</summary>
    public static string RevokedId(Lease lease) =>
        lease.Reopened == 0 ? $"{lease.Id}/revoked" : $"{lease.Id}/revoked/{lease.Reopened}";

    public static AuditRecord Of(Lease lease, string id, AuditEventType type) => new AuditRecord
    {
        Id = id,
        Type = type,
        Workload = lease.Owner.Value,
        Task = lease.Task.Id.Value,
        Initiator = lease.Initiator,
        Action = lease.Action,
        Resource = lease.Resource,
        Tool = lease.Tool,
        Purpose = lease.Purpose,
        RequestId = lease.RequestId,
        DecisionId = lease.DecisionId,
        Lease = lease.Id.Value,
        Grant = lease.Grant,
        Engine = lease.Engine,
        Target = lease.Target,
    }.Under(lease.Delegation?.Facts);
}
