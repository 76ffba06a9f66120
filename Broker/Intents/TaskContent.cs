using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Intents;

/// <summary>What a task is, from its start to its end: a task id stands for one content.</summary>
/// <param name="Purpose">What it is for.</param>
/// <param name="Initiator">On whose behalf: as stated, or <see cref="VerifiedInitiator.Text"/>; empty when not stated.</param>
/// <param name="Labels">For policy and the record.</param>
internal sealed record TaskContent(string Purpose, string Initiator, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>As a token showed; null when the initiator is merely stated.</summary>
    public VerifiedInitiator? VerifiedInitiator { get; init; }

    /// <summary>All that may be asked for it; null when that is left open.</summary>
    public IntentScope? Scope { get; init; }

    /// <summary>Under which it is started.</summary>
    public DelegationId? Delegation { get; init; }
}
