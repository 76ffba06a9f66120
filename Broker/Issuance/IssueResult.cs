using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Policy;

namespace SecretsBroker.Issuance;

/// <summary>The expected ends of a request for a secret.</summary>
internal abstract record IssueResult
{
    /// <param name="Lease">Active.</param>
    /// <param name="Decision">By which it was allowed.</param>
    /// <param name="Credential">The secret; the receiver disposes it when it is sent.</param>
    /// <param name="Revocability">What the engine can promise about its end.</param>
    internal sealed record Issued(Lease Lease, Decision Decision, Credential Credential, Revocability Revocability) : IssueResult;

    internal sealed record Denied(Decision Decision) : IssueResult;

    /// <param name="Reason">Why an intent was not served although policy may allow it.</param>
    /// <param name="DecisionId">The decision that came before; empty when it did not come to one.</param>
    internal sealed record Refused(RefusalReason Reason, string DecisionId) : IssueResult
    {
        /// <summary>When the same request may be served; null when that is not known.</summary>
        public TimeSpan? RetryAfter { get; init; }

        /// <summary>The request for an approval that this is about; empty when it is about none.</summary>
        public string ApprovalId { get; init; } = "";
    }
}

internal enum RefusalReason
{
    TaskNotFound = 1,

    /// <summary>The task that was to be opened exists with another content, or has ended.</summary>
    TaskConflict,
    TaskEnded,
    WorkloadQuota,
    TaskQuota,
    RateLimit,
    Killed,

    /// <summary>A later call with the same request id took its place.</summary>
    Replaced,

    /// <summary>The lease was ended while its secret was being made.</summary>
    Ended,

    /// <summary>Several kinds of credential serve this intent, and the caller did not say which.</summary>
    AmbiguousCredential,

    /// <summary>More wait for the target than it can serve.</summary>
    TargetBusy,

    /// <summary>More should be gone at the target, and is not, than may be while it is asked for more.</summary>
    TargetInDebt,

    /// <summary>The workload was given no such delegation.</summary>
    DelegationNotFound,

    /// <summary>The task was not started under the delegation that the request names.</summary>
    NotUnderDelegation,

    /// <summary>A task under a delegation has the root task's initiator; the request names another.</summary>
    InitiatorChanged,

    /// <summary>The delegation, or one above it, was ended or narrowed meanwhile.</summary>
    DelegationOver,

    /// <summary>The delegation, or one above it, has no use left.</summary>
    DelegationUsedUp,

    /// <summary>Who delegated it could not have it.</summary>
    DelegatorDenied,

    /// <summary>Policy allows it once somebody has approved it. It is parked, and can be asked for again with the approval's id.</summary>
    ApprovalNeeded,

    /// <summary>Policy or the grant demands sealed delivery, and the caller sent no key to seal for.</summary>
    SealedDeliveryNeeded,

    /// <summary>The grant takes each token once, and this one was used for a request before.</summary>
    TokenUsed,

    /// <summary>The grant takes each token once, and the caller came with none that can be told from others.</summary>
    TokenIdMissing,

    /// <summary>No such request for an approval, or another workload's.</summary>
    ApprovalNotFound,
    ApprovalRejected,

    /// <summary>Used before, or not in time.</summary>
    ApprovalEnded,

    /// <summary>What is asked for now is not what the approval is for.</summary>
    ApprovalVoid,

    /// <summary>The workload has asked for as many approvals as it may.</summary>
    ApprovalQuota,

    /// <summary>Policy does not let the workload go without the approval.</summary>
    BreakGlassDenied,
}
