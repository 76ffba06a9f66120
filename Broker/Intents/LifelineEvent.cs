using SecretsBroker.Leases;

namespace SecretsBroker.Intents;

/// <summary>What the holder of a lifeline is told.</summary>
internal abstract record LifelineEvent
{
    internal sealed record LeaseEnded(LeaseId Lease, EndCause Cause) : LifelineEvent;

    internal sealed record LeaseEnding(LeaseId Lease, DateTimeOffset ExpireTime) : LifelineEvent;

    /// <summary>The last one.</summary>
    internal sealed record TaskEnded(TaskOutcome Outcome) : LifelineEvent;
}
