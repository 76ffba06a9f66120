using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Policy;

/// <summary>One question, in the broker's words; the engine puts it into its own.</summary>
/// <param name="Workload">Who asks.</param>
/// <param name="Intent">What for; its time to live is the one that would be granted.</param>
/// <param name="Grant">The catalogue entry that would serve it.</param>
/// <param name="Context">The rest.</param>
internal sealed record PolicyQuestion(Workload Workload, Intent Intent, Grant Grant, PolicyContext Context);

/// <param name="Task">The task's id.</param>
/// <param name="TaskPurpose">What the task is for.</param>
/// <param name="Initiator">
/// On whose behalf: as the task's owner stated it, or <see cref="Identity.VerifiedInitiator.Text"/>; empty when not stated.
/// </param>
/// <param name="Labels">The task's.</param>
/// <param name="Time">Now, by the store's clock.</param>
/// <param name="SourceAddress">The connection's remote address; empty when unknown.</param>
/// <param name="Renewal">Whether an existing lease is to be stretched.</param>
internal sealed record PolicyContext(
    TaskId Task,
    string TaskPurpose,
    string Initiator,
    IReadOnlyDictionary<string, string> Labels,
    DateTimeOffset Time,
    string SourceAddress,
    bool Renewal)
{
    /// <summary>How the workload has behaved of late.</summary>
    public BehaviourSignals Signals { get; init; } = BehaviourSignals.None;

    /// <summary>On whose behalf, as a token showed; null when the initiator is merely stated.</summary>
    public VerifiedInitiator? VerifiedInitiator { get; init; }

    /// <summary>Through whom the task came to the workload; null for a task of its own.</summary>
    public DelegationFacts? Delegation { get; init; }
}
