namespace SecretsBroker.Explaining;

/// <summary>That a workload acted for another's task, and through whom it came to that.</summary>
internal sealed record ExplainedDelegation
{
    public required string Id { get; init; }

    /// <summary>The workloads above, the root task's owner first.</summary>
    public IReadOnlyList<string> Chain { get; init; } = [];

    /// <summary>The task that all of it is for, what it was started for, and on whose behalf.</summary>
    public string RootTask { get; init; } = "";
    public string RootPurpose { get; init; } = "";
    public string RootInitiator { get; init; } = "";

    /// <summary>Hash of what the root task fixes.</summary>
    public string RootIntent { get; init; } = "";

    /// <summary>Who may act; empty, as what follows, when the record of its giving was not found.</summary>
    public string Delegate { get; init; } = "";
    public IReadOnlyList<string> Actions { get; init; } = [];
    public IReadOnlyList<string> Resources { get; init; } = [];
    public DateTimeOffset? ExpireTime { get; init; }

    /// <summary>When it was given.</summary>
    public DateTimeOffset? CreateTime { get; init; }

    /// <summary>When it was ended; null when no record tells.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Who or what ended it.</summary>
    public string EndReason { get; init; } = "";
}
