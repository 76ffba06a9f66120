using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Explaining;

/// <summary>All that the audit log tells of one task.</summary>
internal sealed record TaskExplanation
{
    public required ExplainedActor Actor { get; init; }

    public required ExplainedTask Task { get; init; }

    /// <summary>Under which it was started; null for a task of its owner's own.</summary>
    public ExplainedDelegation? Delegation { get; init; }

    /// <summary>What it let others do, the first <see cref="TaskFold.MaxTurnedDown"/>.</summary>
    public IReadOnlyList<ExplainedDelegation> Given { get; init; } = [];

    /// <summary>Its leases in the order of their issue, <see cref="TaskFold.MaxLeases"/> at most.</summary>
    public IReadOnlyList<LeaseExplanation> Leases { get; init; } = [];

    public int LeaseCount { get; init; }

    /// <summary>Intents that were denied or refused, the first <see cref="TaskFold.MaxTurnedDown"/>.</summary>
    public IReadOnlyList<ExplainedDecision> TurnedDown { get; init; } = [];

    public int TurnedDownCount { get; init; }

    public int UseCount { get; init; }

    public int ViolationCount { get; init; }

    /// <summary>Leases without a proof that they are gone.</summary>
    public int OpenLeases { get; init; }

    /// <summary>Of those that are gone: how long the last one outlived its end.</summary>
    public TimeSpan? LongestOutlived { get; init; }

    /// <summary>Records that should be there and were not found, in words.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    public required AuditCoverage Coverage { get; init; }
}
