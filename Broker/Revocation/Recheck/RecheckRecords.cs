using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Policy;

namespace SecretsBroker.Revocation.Recheck;

/// <summary>What the audit log says of asking again.</summary>
internal static class RecheckRecords
{
    private const int MaxReasonLength = 2_000;

    /// <summary>Of one lease that is ended because policy no longer allows it.</summary>
    public static AuditRecord Denied(Lease lease, PolicyAnswer answer, string policyHash) =>
        LeaseRecords.Of(lease, $"{lease.Id}/rechecked/{policyHash}", AuditEventType.LeasesRechecked) with
        {
            Outcome = "Denied",
            Allowed = false,
            Reason = answer.Reason,
            Policies = answer.Policies,
            FailedPolicies = answer.FailedPolicies,
            PolicyHash = policyHash,
            Cause = lease.Cause.ToString(),
            EndTime = lease.EndTime,
        };

    public static AuditRecord Passed(RecheckReport report)
    {
        var text = report.ToString();
        return New(report.PolicyHash) with
        {
            Outcome = report.Outcome.ToString(),
            Reason = text.Length <= MaxReasonLength ? text : text[..MaxReasonLength] + "…",
        };
    }

    public static AuditRecord Confirmed(RecheckReport held, string actor) =>
        New(held.PolicyHash) with { Outcome = "Confirmed", Workload = actor, Reason = held.ToString() };

    private static AuditRecord New(string policyHash) => new()
    {
        Id = $"{AuditEventType.LeasesRechecked}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}",
        Type = AuditEventType.LeasesRechecked,
        PolicyHash = policyHash,
    };
}
