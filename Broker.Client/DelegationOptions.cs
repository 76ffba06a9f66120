namespace SecretsBroker.Client;

/// <summary>The bounds within which another workload may act for a task; none of them can be more than what is above.</summary>
public sealed class DelegationOptions
{
    /// <summary>A part of what the task may have; null for all of it.</summary>
    public TaskScope? Scope { get; init; }

    /// <summary>From now on; null, or longer than what is above, for as long as that lasts.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>How many leases may be issued beneath it, 1 to 1,000,000; null for as many as those above allow.</summary>
    public int? MaxUses { get; init; }

    /// <summary>How many delegations may follow one another beneath it. Default 0; at most 7.</summary>
    public int MoreHops { get; init; }

    /// <summary>Whether the purpose may change beneath it. Default no.</summary>
    public bool MayRephrase { get; init; }
}
