using SecretsBroker.Audit;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>Why an intent is not served although policy allows it: from the store's words to those of the caller, the metric and the record.</summary>
internal static class Refusals
{
    public static RefusalReason Of(ReserveStatus status) => status switch
    {
        ReserveStatus.TaskNotFound => RefusalReason.TaskNotFound,
        ReserveStatus.TaskEnded => RefusalReason.TaskEnded,
        ReserveStatus.WorkloadQuota => RefusalReason.WorkloadQuota,
        ReserveStatus.TaskQuota => RefusalReason.TaskQuota,
        ReserveStatus.RateLimit => RefusalReason.RateLimit,
        ReserveStatus.Killed => RefusalReason.Killed,
        ReserveStatus.TooLate => RefusalReason.DelegationOver,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "not a refusal"),
    };

    /// <param name="lease">A lease that did not become active; null when the store does not know it any more.</param>
    public static RefusalReason Of(Lease? lease) => lease?.Cause switch
    {
        EndCause.Killed => RefusalReason.Killed,
        EndCause.Replaced => RefusalReason.Replaced,
        EndCause.Delegation => RefusalReason.DelegationOver,
        EndCause.Completed or EndCause.Failed or EndCause.Aborted or EndCause.Lost => RefusalReason.TaskEnded,
        _ => RefusalReason.Ended,
    };

    /// <summary>What policy or the grant demands and cannot be fulfilled.</summary>
    /// <returns>Null when there is nothing of the kind.</returns>
    public static RefusalReason? Of(PolicyQuestion question, Decision decision, bool isSealed)
    {
        var isNeeded = decision.Answer.Obligations.Sealed || question.Grant.Sealed;
        return isNeeded && !isSealed ? RefusalReason.SealedDeliveryNeeded : null;
    }

    public static DenialReason ToDenial(RefusalReason reason) => reason switch
    {
        RefusalReason.WorkloadQuota => DenialReason.WorkloadQuota,
        RefusalReason.TaskQuota => DenialReason.TaskQuota,
        RefusalReason.RateLimit => DenialReason.RateLimit,
        RefusalReason.Killed => DenialReason.Killed,
        RefusalReason.TargetBusy => DenialReason.TargetBusy,
        RefusalReason.TargetInDebt => DenialReason.TargetInDebt,
        RefusalReason.DelegationOver or RefusalReason.DelegationUsedUp or RefusalReason.DelegatorDenied => DenialReason.Delegation,
        RefusalReason.ApprovalNeeded => DenialReason.ApprovalNeeded,
        RefusalReason.TokenUsed or RefusalReason.TokenIdMissing => DenialReason.TokenUsed,
        RefusalReason.ApprovalNotFound or RefusalReason.ApprovalRejected or RefusalReason.ApprovalEnded or RefusalReason.ApprovalVoid =>
            DenialReason.ApprovalRefused,
        RefusalReason.ApprovalQuota => DenialReason.ApprovalQuota,
        RefusalReason.BreakGlassDenied => DenialReason.BreakGlassDenied,
        RefusalReason.SealedDeliveryNeeded => DenialReason.SealedDeliveryNeeded,
        _ => DenialReason.TaskEnded,
    };

    /// <summary>That an intent which policy allowed is not served.</summary>
    public static AuditRecord Record(
        PolicyQuestion question, Decision decision, RefusalReason reason, string killOrder) => new AuditRecord
    {
        Id = $"{decision.Id}/refused",
        Type = AuditEventType.Refused,
        Workload = question.Workload.Id.Value,
        Task = question.Context.Task.Value,
        Initiator = question.Context.Initiator,
        Action = question.Intent.Action,
        Resource = question.Intent.Resource,
        DecisionId = decision.Id,
        Grant = question.Grant.Name,
        Reason = killOrder.Length == 0 ? reason.ToString() : $"{reason} by {killOrder}",
        TraceId = BrokerTracing.CurrentTraceId,
    }.Under(question.Context.Delegation);
}
