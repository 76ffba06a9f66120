namespace SecretsBroker.Explaining;

/// <summary>How and why a lease ended, and what proves that its secret is gone.</summary>
internal sealed record ExplainedEnd
{
    /// <summary>As <c>EndCause</c> names it.</summary>
    public required string Cause { get; init; }

    /// <summary>From when on it should have been gone.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>When it was proven gone.</summary>
    public DateTimeOffset? GoneTime { get; init; }

    /// <summary>From the one to the other.</summary>
    public TimeSpan? Outlived { get; init; }

    /// <summary>How often revoking was begun.</summary>
    public int Attempts { get; init; }

    /// <summary>What the engine saw when it looked for it.</summary>
    public string Proof { get; init; } = "";

    /// <summary>
    /// How often it was proven gone before and came back, because what made it was late: then it was revoked once more.
    /// </summary>
    public int EarlierProofs { get; init; }

    /// <summary>Of a lease that was killed: the orders that covered it.</summary>
    public IReadOnlyList<ExplainedKill> Kills { get; init; } = [];

    /// <summary>Of a lease that a change of policies ended: what they said; null otherwise.</summary>
    public ExplainedRecheck? Recheck { get; init; }
}

/// <param name="Time">When it was recorded.</param>
/// <param name="Order">Its id.</param>
/// <param name="Selector">What it covered.</param>
/// <param name="Operator">Who gave it.</param>
/// <param name="Reason">Why.</param>
internal sealed record ExplainedKill(DateTimeOffset Time, string Order, string Selector, string Operator, string Reason);

/// <param name="Time">When.</param>
/// <param name="PolicyHash">Of the policies that no longer allowed it.</param>
/// <param name="Policies">Which of them.</param>
/// <param name="Reason">In words.</param>
internal sealed record ExplainedRecheck(DateTimeOffset Time, string PolicyHash, IReadOnlyList<string> Policies, string Reason);
