namespace SecretsBroker.Approvals;

/// <summary>
/// That somebody broke the glass: took a secret without the approval that policy demands. It stays open, without an end of its own, until
/// somebody else has looked at it. The names of its members are stored; they are never renamed.
/// </summary>
internal sealed record Review
{
    /// <summary>Unique; that of the decision, so that a repeated step opens no second one.</summary>
    public required string Id { get; init; }

    public required ApprovalSubject Subject { get; init; }

    public required string DecisionId { get; init; }

    /// <summary>Why, in the words of who did it.</summary>
    public required string Justification { get; init; }

    /// <summary>By the store's clock; set by the store.</summary>
    public DateTimeOffset CreateTime { get; init; }
}
