namespace SecretsBroker.Explaining;

/// <summary>That somebody had to approve, who did, and why.</summary>
internal sealed record ExplainedApproval
{
    public required string Id { get; init; }

    /// <summary>Of whom it was demanded.</summary>
    public IReadOnlyList<string> Demands { get; init; } = [];

    /// <summary>When the request was parked; null when its record is missing.</summary>
    public DateTimeOffset? RequestTime { get; init; }

    /// <summary>When it was used up; null while it was not.</summary>
    public DateTimeOffset? UseTime { get; init; }

    /// <summary>In their order, also those that did not count.</summary>
    public IReadOnlyList<ExplainedVote> Votes { get; init; } = [];
}

/// <param name="Time">When.</param>
/// <param name="Approver">Who.</param>
/// <param name="Groups">For which groups it counted.</param>
/// <param name="Verdict"><c>approved</c> or <c>rejected</c>.</param>
/// <param name="Counted">Whether it did.</param>
/// <param name="Reason">Why, in the approver's words; of one that did not count, why not.</param>
internal sealed record ExplainedVote(
    DateTimeOffset Time, string Approver, IReadOnlyList<string> Groups, string Verdict, bool Counted, string Reason);

/// <summary>That the secret was taken without the approval that policy demands.</summary>
/// <param name="Time">When.</param>
/// <param name="Review">The id of the review that was opened.</param>
/// <param name="Justification">Why, in the words of who took it.</param>
/// <param name="CloseTime">When somebody else had looked at it; null when no record tells.</param>
/// <param name="Reviewer">Who had.</param>
/// <param name="Comment">What they said of it.</param>
internal sealed record ExplainedGlass(
    DateTimeOffset Time, string Review, string Justification, DateTimeOffset? CloseTime, string Reviewer, string Comment);
