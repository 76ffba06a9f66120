using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Intents;

/// <summary>What a caller says of a task to be opened. Validated at the edge.</summary>
/// <param name="Id">Null lets the broker choose.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Initiator">On whose behalf: as stated, or <see cref="VerifiedInitiator.Text"/>; empty when not stated.</param>
/// <param name="Labels">For policy and the record.</param>
/// <param name="Lifetime">Null takes the maximum.</param>
internal sealed record NewTask(
    TaskId? Id, string Purpose, string Initiator, IReadOnlyDictionary<string, string> Labels, TimeSpan? Lifetime)
{
    /// <summary>As a token showed; null when the initiator is merely stated.</summary>
    public VerifiedInitiator? VerifiedInitiator { get; init; }

    /// <summary>All that may be asked for it; null leaves that open.</summary>
    public IntentScope? Scope { get; init; }

    /// <summary>Under which it is to be started.</summary>
    public DelegationId? Delegation { get; init; }
}
