using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Explaining;

/// <summary>All that the audit log tells of one lease.</summary>
internal sealed record LeaseExplanation
{
    public required string Lease { get; init; }

    public required ExplainedActor Actor { get; init; }

    public required ExplainedTask Task { get; init; }

    /// <summary>Under which its task was started; null for a task of its owner's own.</summary>
    public ExplainedDelegation? Delegation { get; init; }

    // intent
    public required string Action { get; init; }
    public required string Resource { get; init; }
    public string Tool { get; init; } = "";
    public string Purpose { get; init; } = "";

    /// <summary>As it was put to policy.</summary>
    public TimeSpan? TimeToLive { get; init; }
    public string RequestId { get; init; } = "";

    // grant
    public string Grant { get; init; } = "";
    public string Engine { get; init; } = "";
    public string Target { get; init; } = "";
    public string Classification { get; init; } = "";
    public string Environment { get; init; } = "";

    /// <summary>That allowed it; null when its record is missing.</summary>
    public ExplainedDecision? Decision { get; init; }

    /// <summary>When the secret was about to leave the broker; null when it never did, or the record is missing.</summary>
    public DateTimeOffset? IssueTime { get; init; }

    /// <summary>As issued.</summary>
    public DateTimeOffset? ExpireTime { get; init; }

    /// <summary>Thumbprint of the key that the secret was sealed for; empty when it was not.</summary>
    public string SealedFor { get; init; } = "";

    public IReadOnlyList<ExplainedRenewal> Renewals { get; init; } = [];

    /// <summary>In their order, <see cref="LeaseFold.MaxUses"/> of them at most: all violations first of all, then the latest.</summary>
    public IReadOnlyList<ExplainedUse> Uses { get; init; } = [];

    public int UseCount { get; init; }

    public int ViolationCount { get; init; }

    /// <summary>What was touched, the most used first.</summary>
    public IReadOnlyList<TouchedResource> Touched { get; init; } = [];

    /// <summary>Null when no record proves that it is gone.</summary>
    public ExplainedEnd? End { get; init; }

    /// <summary>W3C trace ids of the calls behind it.</summary>
    public IReadOnlyList<string> Traces { get; init; } = [];

    /// <summary>Records that should be there and were not found, in words.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    public required AuditCoverage Coverage { get; init; }
}
