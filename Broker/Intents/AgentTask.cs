using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Intents;

/// <summary>One unit of an agent's work, as the store keeps it.</summary>
internal sealed record AgentTask
{
    public required TaskKey Key { get; init; }

    public required string Purpose { get; init; }

    /// <summary>
    /// The person or system that the work is done for: as the caller states it, or <see cref="Identity.VerifiedInitiator.Text"/>; empty
    /// when not given.
    /// </summary>
    public string Initiator { get; init; } = "";

    /// <summary>The same as a token showed it; null when it is merely stated.</summary>
    public VerifiedInitiator? VerifiedInitiator { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>All that may be asked for it, as was said when it was started; null when nothing was said. Only a task with one can be delegated.</summary>
    public IntentScope? Scope { get; init; }

    /// <summary>Under which it was started; null for a task of its owner's own.</summary>
    public DelegationId? Delegation { get; init; }

    /// <summary>Null while the task is open.</summary>
    public TaskOutcome? Outcome { get; init; }

    public DateTimeOffset CreateTime { get; init; }

    /// <summary>When an open task is ended as lost, whatever its lifeline says.</summary>
    public DateTimeOffset ExpireTime { get; init; }

    /// <summary>When an unrefreshed lifeline is counted as broken for good; null as long as no lifeline was opened.</summary>
    public DateTimeOffset? LifelineDeadline { get; init; }

    /// <summary>Null while the task is open. Of a lost task, when its lifeline or its lifetime was over.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Grows with every change to the task or to one of its leases; a beat of its lifeline is none.</summary>
    public long Revision { get; init; }

    public bool IsOpen => Outcome is null;

    /// <summary>Open, and neither its lifetime nor its lifeline is over.</summary>
    public bool GoesOn(DateTimeOffset now) => IsOpen && now < ExpireTime && (LifelineDeadline is not { } deadline || now < deadline);
}

/// <summary>How a task ended. Persisted by number.</summary>
internal enum TaskOutcome
{
    Succeeded = 1,
    Failed = 2,
    Aborted = 3,

    /// <summary>Its lifeline broke, or its time ran out, and nobody said how it ended.</summary>
    Lost = 4,
}
