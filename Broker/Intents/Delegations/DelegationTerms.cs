namespace SecretsBroker.Intents.Delegations;

/// <summary>The bounds of a delegation: all that may change about it, and only towards less.</summary>
internal sealed record DelegationTerms
{
    /// <summary>Of tasks beneath one another, below the first.</summary>
    public const int MaxDepth = 8;

    public const int MaxUsesLimit = 1_000_000;

    public required IntentScope Scope { get; init; }

    /// <summary>Nothing beneath it lives longer.</summary>
    public required DateTimeOffset ExpireTime { get; init; }

    /// <summary>How many leases may be issued beneath it in all, at whatever depth; null for as many as those above allow.</summary>
    public int? MaxUses { get; init; }

    /// <summary>How many delegations may follow one another beneath this one.</summary>
    public int MoreHops { get; init; }

    /// <summary>Whether tasks and intents beneath it may state another purpose than the root task's.</summary>
    public bool MayRephrase { get; init; }

    /// <summary>Whether it grants nothing that the other does not.</summary>
    public bool IsWithin(DelegationTerms other) =>
        other.Scope.Contains(Scope)
        && ExpireTime <= other.ExpireTime
        && (other.MaxUses is not { } uses || MaxUses <= uses)
        && MoreHops <= other.MoreHops
        && (other.MayRephrase || !MayRephrase);
}
