namespace SecretsBroker.Client;

/// <summary>What can be said of a task besides its purpose.</summary>
public sealed class TaskOptions
{
    /// <summary>1 to 64 characters of <c>[A-Za-z0-9._-]</c>; null lets the library choose.</summary>
    public string? Id { get; init; }

    /// <summary>The person or system that it is done for; at most 200 characters.</summary>
    public string Initiator { get; init; } = "";

    /// <summary>
    /// A token of theirs, which shows the broker that it is so: from an issuer of initiators that it knows. <see cref="Initiator"/> may
    /// then be left out. Null where it is merely stated.
    /// </summary>
    public string? InitiatorToken { get; init; }

    /// <summary>At most 16, for policy and the record.</summary>
    public IDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>After this the task is lost if it is still open; null takes the broker's maximum.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>All that may be asked for it; only a task that says so can be delegated. Null leaves it open.</summary>
    public TaskScope? Scope { get; init; }

    /// <summary>
    /// The delegation that it is started under, for another workload's task: with that one's initiator, no longer than the delegation, and
    /// with the same purpose unless the delegation lets it change. Null for a task of one's own.
    /// </summary>
    public string? DelegationId { get; init; }
}
