namespace SecretsBroker.Intents.Delegations;

/// <summary>A change of a delegation of which not all that is beneath it has been made to follow yet.</summary>
/// <param name="Id">Which.</param>
/// <param name="Task">The task that gave it.</param>
/// <param name="Narrowing">Names one narrowing, so that the end of another does not pass for its; empty when it is to be ended.</param>
internal readonly record struct DelegationChangeNote(DelegationId Id, TaskKey Task, string Narrowing = "")
{
    public bool IsEnd => Narrowing.Length == 0;
}

internal enum GiveDelegationStatus
{
    Given,

    /// <summary>One of that id is there, with the same delegate and terms or narrower ones: the call is a repetition.</summary>
    Repeated,

    /// <summary>The id is taken by one with another content, or by one that has ended.</summary>
    Conflict,
    TaskNotFound,
    TaskEnded,
    TooMany,
}

/// <param name="Status">What happened.</param>
/// <param name="Delegation">As it stands; null when it does not.</param>
internal readonly record struct GiveDelegationResult(GiveDelegationStatus Status, Delegation? Delegation)
{
    /// <param name="known">What stands under the id; null when all that is known is that it was ended.</param>
    /// <param name="asked">What was to be given.</param>
    public static GiveDelegationResult OfKnown(Delegation? known, Delegation asked) =>
        known is { EndTime: null } && known.Delegate == asked.Delegate && known.Chain == asked.Chain && known.Terms.IsWithin(asked.Terms)
            ? new GiveDelegationResult(GiveDelegationStatus.Repeated, known)
            : new GiveDelegationResult(GiveDelegationStatus.Conflict, null);
}

internal enum UseDelegationStatus
{
    Used,

    /// <summary>It has ended, or its time is over.</summary>
    Over,

    /// <summary>It has no use left.</summary>
    UsedUp,
}

internal enum NarrowDelegationStatus
{
    Narrowed,

    /// <summary>Its terms are not those of the version that was named.</summary>
    Changed,
    Over,
}

/// <param name="Status">What happened.</param>
/// <param name="Delegation">As it stands; null when it does not.</param>
internal readonly record struct NarrowDelegationResult(NarrowDelegationStatus Status, Delegation? Delegation);

/// <param name="Delegations">The newest first.</param>
/// <param name="Next">Null after the last page.</param>
internal readonly record struct DelegationPage(IReadOnlyList<Delegation> Delegations, DelegationPageToken? Next);

/// <summary>The place of a delegation in the order of creation: where the next page begins.</summary>
internal readonly record struct DelegationPageToken(long CreateTime, DelegationId Id)
{
    public static DelegationPageToken After(Delegation last) => new(last.CreateTime.ToUnixTimeMilliseconds(), last.Id);

    public static bool TryParse(string text, out DelegationPageToken token)
    {
        token = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash is < 1 or > 14
            || text.AsSpan(0, dash).ContainsAnyExceptInRange('0', '9')
            || !DelegationId.TryParse(text[(dash + 1)..], out var id))
        {
            return false;
        }

        token = new DelegationPageToken(long.Parse(text.AsSpan(0, dash)), id);
        return true;
    }

    public override string ToString() => $"{CreateTime}-{Id}";
}
