using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>Why an intent is not served although policy allows it: from the store's words to the caller's and the metric's.</summary>
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
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "not a refusal"),
    };

    /// <param name="lease">A lease that did not become active; null when the store does not know it any more.</param>
    public static RefusalReason Of(Lease? lease) => lease?.Cause switch
    {
        EndCause.Killed => RefusalReason.Killed,
        EndCause.Replaced => RefusalReason.Replaced,
        EndCause.Completed or EndCause.Failed or EndCause.Aborted or EndCause.Lost => RefusalReason.TaskEnded,
        _ => RefusalReason.Ended,
    };

    public static DenialReason ToDenial(RefusalReason reason) => reason switch
    {
        RefusalReason.WorkloadQuota => DenialReason.WorkloadQuota,
        RefusalReason.TaskQuota => DenialReason.TaskQuota,
        RefusalReason.RateLimit => DenialReason.RateLimit,
        RefusalReason.Killed => DenialReason.Killed,
        RefusalReason.TargetBusy => DenialReason.TargetBusy,
        _ => DenialReason.TaskEnded,
    };
}
