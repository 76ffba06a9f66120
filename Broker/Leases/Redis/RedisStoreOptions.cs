namespace SecretsBroker.Leases.Redis;

/// <summary>Where the store is and how it behaves. Nothing of it changes while the store is open.</summary>
internal sealed class RedisStoreOptions
{
    /// <summary>
    /// StackExchange.Redis configuration: <c>host:port,host:port,ssl=true,…</c>. One server, a server and its replicas, or some nodes
    /// of a Cluster. Must not hold a password.
    /// </summary>
    public required string Configuration { get; init; }

    /// <summary>The password, already resolved from its reference; null when the server asks for none. Never logged.</summary>
    public string? Password { get; init; }

    /// <summary>First part of every key; letters, digits and <c>-</c>. Stores with different prefixes do not see each other.</summary>
    public string Prefix { get; init; } = "sb";

    /// <summary>1 to 256. Written into the store when it is first opened; opening it with another count is refused.</summary>
    public int ShardCount { get; init; } = 16;

    /// <summary>
    /// How many replicas must have a write before it is answered (<c>WAIT</c>); fewer within <see cref="ReplicaTimeout"/> is a failure.
    /// 0 asks for none.
    /// </summary>
    public int WaitForReplicas { get; init; }

    /// <summary>Must be shorter than <see cref="CallTimeout"/>. Default one second.</summary>
    public TimeSpan ReplicaTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Limit of one operation, with all its attempts. Default five seconds.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a revoked lease is kept after it was recorded. Default one day.</summary>
    public TimeSpan LeaseRetention { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long an ended task is kept, and at least as long as its leases. Default one day.</summary>
    public TimeSpan TaskRetention { get; init; } = TimeSpan.FromDays(1);

    /// <summary>For tests and development: a server that does not write its data to disk is a warning instead of a refusal.</summary>
    public bool AllowVolatile { get; init; }

    /// <summary>Whose leases are made. Default: an installation without a name.</summary>
    public Installation Installation { get; init; } = Installation.Unnamed;
}
