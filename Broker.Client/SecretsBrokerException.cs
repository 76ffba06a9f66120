namespace SecretsBroker.Client;

/// <summary>The broker did not do what was asked.</summary>
/// <param name="message">What to do, as the broker says it.</param>
/// <param name="reason">Upper-case and stable, for programs: <c>STORE_UNAVAILABLE</c> …</param>
/// <param name="decisionId">What to quote to an operator; empty when there was no decision.</param>
/// <param name="isRetryable">Whether the same call may succeed later.</param>
/// <param name="innerException">The status behind it.</param>
public class SecretsBrokerException(
    string message, string reason, string decisionId = "", bool isRetryable = false, Exception? innerException = null)
    : Exception(message, innerException)
{
    public string Reason { get; } = reason;

    public string DecisionId { get; } = decisionId;

    public bool IsRetryable { get; } = isRetryable;

    /// <summary>When to try again, at the earliest; null when the broker did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Policy, the catalogue or a kill switch does not allow it.</summary>
public sealed class AccessDeniedException(string message, string reason, string decisionId, Exception? innerException = null)
    : SecretsBrokerException(message, reason, decisionId, isRetryable: false, innerException);

/// <summary>Policy allows it once somebody has approved it. It waits for that; the same request with the approval's id is served then.</summary>
public sealed class ApprovalNeededException(string message, string decisionId, Exception? innerException = null)
    : SecretsBrokerException(message, "APPROVAL_NEEDED", decisionId, isRetryable: false, innerException)
{
    /// <summary>For <see cref="LeaseOptions.ApprovalId"/>.</summary>
    public string ApprovalId { get; init; } = "";
}

/// <summary>The secret is delivered sealed only: ask with <see cref="LeaseOptions.Sealed"/>.</summary>
public sealed class SealedDeliveryNeededException(string message, string decisionId, Exception? innerException = null)
    : SecretsBrokerException(message, "SEALED_DELIVERY_NEEDED", decisionId, isRetryable: false, innerException);

/// <summary>The workload or the task has as many leases as it may, asks faster than it may, or the target is asked for too much by all.</summary>
public sealed class QuotaExceededException(string message, string reason, string decisionId, Exception? innerException = null)
    : SecretsBrokerException(message, reason, decisionId, isRetryable: true, innerException);

/// <summary>The task has ended: it was completed, killed, or lost.</summary>
public sealed class TaskEndedException(string message, Exception? innerException = null)
    : SecretsBrokerException(message, "TASK_ENDED", innerException: innerException);
