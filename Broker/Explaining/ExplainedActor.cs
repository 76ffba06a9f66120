namespace SecretsBroker.Explaining;

/// <summary>Who acted, and on whose behalf.</summary>
internal sealed record ExplainedActor
{
    /// <summary>SPIFFE ID.</summary>
    public required string Workload { get; init; }

    /// <summary>By which kind of proof the broker knew it; empty when no record tells.</summary>
    public string Authentication { get; init; } = "";

    /// <summary>How it showed that it holds the key of its identity; empty when not at all.</summary>
    public string Possession { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, string> Claims { get; init; } = new Dictionary<string, string>();

    public string SourceAddress { get; init; } = "";

    /// <summary>The person or system that it was done for; empty when none was named.</summary>
    public string Initiator { get; init; } = "";

    /// <summary>Whose token showed that; empty when the workload merely stated it.</summary>
    public string InitiatorIssuer { get; init; } = "";

    /// <summary>As people know the initiator whom a token showed; may be empty.</summary>
    public string InitiatorName { get; init; } = "";
}
