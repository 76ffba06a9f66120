namespace SecretsBroker.Leases.Sqlite;

/// <summary>The embedded store: one file, for one broker.</summary>
internal sealed record SqliteStoreOptions
{
    /// <summary>A path whose store lives in memory and ends with the process: for simulations and tests.</summary>
    public const string InMemory = ":memory:";

    /// <summary>
    /// The database file; made on first start, readable by its owner alone. Its folder must exist. Beside it lie <c>-wal</c> and
    /// <c>-shm</c>, and <c>.lock</c>, by which a second broker is kept out.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>How long revoked leases and ended tasks are kept to be looked at. Default 1 h; zero or more.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Whether what an operation wrote is on the disk when it returns (<c>synchronous=FULL</c>). Default true. False leaves it to the
    /// operating system: a crash of the broker loses nothing then, a power cut may lose the last moments, and with them leases that
    /// live on at their targets.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>How long to wait for another program that has locked the file, such as a backup. Default 5 s; whole seconds, at least 1.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whose leases are made. Default: an installation without a name.</summary>
    public Installation Installation { get; init; } = Installation.Unnamed;
}
