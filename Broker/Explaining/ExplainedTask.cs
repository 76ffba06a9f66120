namespace SecretsBroker.Explaining;

/// <summary>The task that it was done in.</summary>
internal sealed record ExplainedTask
{
    public required string Id { get; init; }

    public string Purpose { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Null when no record tells.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>Null when no record tells: it is open, or the record is missing.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Succeeded, Failed, Aborted or Lost; empty without <see cref="EndTime"/>.</summary>
    public string Outcome { get; init; } = "";
}
