namespace SecretsBroker.Leases;

/// <summary>Why a lease ended. The first cause stands. Persisted by number; frozen by a test.</summary>
internal enum EndCause
{
    None = 0,

    /// <summary>Its task succeeded.</summary>
    Completed = 1,

    /// <summary>Its task failed.</summary>
    Failed = 2,

    /// <summary>Its task was aborted.</summary>
    Aborted = 3,

    /// <summary>Its task's lifeline broke or its task ran out of time.</summary>
    Lost = 4,

    Expired = 5,

    /// <summary>A kill switch covers it.</summary>
    Killed = 6,

    /// <summary>Its owner gave it back.</summary>
    Returned = 7,

    /// <summary>An operator took it.</summary>
    Operator = 8,

    /// <summary>A later call with the same <c>request_id</c> took its place.</summary>
    Replaced = 9,

    /// <summary>The engine failed to issue it.</summary>
    IssueFailed = 10,

    /// <summary>Whoever issued it did not finish before the issue deadline.</summary>
    Abandoned = 11,

    /// <summary>It was issued, and could not be recorded or handed over.</summary>
    Undelivered = 12,

    /// <summary>It was used outside its intent.</summary>
    Violation = 13,

    /// <summary>Policy, asked again, no longer allows it.</summary>
    Policy = 14,

    /// <summary>The delegation that its task was started under was ended or narrowed, or one above it.</summary>
    Delegation = 15,

    /// <summary>The resource server that its token is for wanted it ended.</summary>
    ResourceServer = 16,
}
