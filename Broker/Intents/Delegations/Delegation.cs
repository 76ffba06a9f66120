using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Intents.Delegations;

/// <summary>Permission by which one workload lets another act for its task. All instants are the store's.</summary>
internal sealed record Delegation
{
    public DelegationId Id => Chain.Id;

    /// <summary>From the root task down to this one, which is its last link.</summary>
    public required DelegationChain Chain { get; init; }

    /// <summary>The task that it was given for.</summary>
    public TaskKey Task => Chain.Links[^1].Task;

    public WorkloadId Delegator => Task.Owner;

    /// <summary>Who may act.</summary>
    public required WorkloadId Delegate { get; init; }

    /// <summary>
    /// Who gave it, as policy was shown the giver then: policy is asked at each use whether the giver could have it. Null when that was
    /// too large to be kept; nothing is issued beneath it then.
    /// </summary>
    public DecisionBasis? Giver { get; init; }

    public required DelegationTerms Terms { get; init; }

    /// <summary>Leases that got as far as a reservation beneath it; one whose issuer died in between counts too.</summary>
    public int Used { get; init; }

    public DateTimeOffset CreateTime { get; init; }

    /// <summary>When it was ended; null also when only its time is over.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Grows with each change of <see cref="Terms"/>.</summary>
    public long Version { get; init; }

    public bool Holds(DateTimeOffset now) => EndTime is null && now < Terms.ExpireTime;
}
