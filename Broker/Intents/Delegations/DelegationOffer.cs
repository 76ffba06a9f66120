using SecretsBroker.Identity;

namespace SecretsBroker.Intents.Delegations;

/// <summary>What a caller wants to let another workload do. Validated at the edge.</summary>
/// <param name="Task">The caller's, for which the other is to act.</param>
/// <param name="Delegate">Who is to act.</param>
/// <param name="Scope">Null for all that the caller's own task may have.</param>
/// <param name="ExpireTime">Null for as long as the caller's own may last.</param>
/// <param name="MaxUses">Null for as many as those above allow.</param>
/// <param name="MoreHops">How many delegations may follow.</param>
/// <param name="MayRephrase">Whether the purpose may change.</param>
/// <param name="RequestId">Empty when the call is not to be repeated.</param>
internal sealed record DelegationOffer(
    TaskId Task,
    WorkloadId Delegate,
    IntentScope? Scope,
    DateTimeOffset? ExpireTime,
    int? MaxUses,
    int MoreHops,
    bool MayRephrase,
    string RequestId);

/// <summary>What of a delegation is to become less; null leaves it.</summary>
internal sealed record DelegationCut(IntentScope? Scope, DateTimeOffset? ExpireTime, int? MaxUses, int? MoreHops, bool? MayRephrase);
