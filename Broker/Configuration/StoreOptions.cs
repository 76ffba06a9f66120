using SecretsBroker.Catalog;

namespace SecretsBroker.Configuration;

/// <summary>Which lease store. Section <c>Store</c>.</summary>
internal sealed class StoreOptions
{
    public const string Section = "Store";
    public const string Sqlite = "sqlite";
    public const string Redis = "redis";

    /// <summary><c>sqlite</c> (one broker, one file) or <c>redis</c> (many brokers). Default <c>sqlite</c>.</summary>
    public string Kind { get; set; } = Sqlite;

    /// <summary>SQLite: the database file. Default <c>leases.db</c>.</summary>
    public string Path { get; set; } = "leases.db";

    /// <summary>SQLite: whether each write is on the disk before it is answered. Default true.</summary>
    public bool Durable { get; set; } = true;

    /// <summary>Redis: <c>host:port,host:port,ssl=true</c>; without a password.</summary>
    public string Servers { get; set; } = "";

    /// <summary>Redis: where the password is; none when the server asks for none.</summary>
    public SecretReference? Password { get; set; }

    /// <summary>Redis: first part of every key. Default <c>sb</c>.</summary>
    public string Prefix { get; set; } = "sb";

    /// <summary>Redis: 1 to 256, never changed once there are leases. Default 16.</summary>
    public int ShardCount { get; set; } = 16;

    /// <summary>Redis: how many replicas must have a write before it is answered. Default 0.</summary>
    public int WaitForReplicas { get; set; }

    /// <summary>Redis: how long one operation may take, with all its attempts; longer than the second that replicas have. Default 5 s; 2 s to 1 min.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Redis: whether a server that keeps nothing on disk is let pass with a warning. Default false.</summary>
    public bool AllowVolatile { get; set; }

    /// <summary>
    /// The name of this installation, the same for all brokers of the store and for no other store's: what is made at targets carries it, so that
    /// what no lease covers can be told from what others made. Empty, the default, for none: then nothing is reconciled. Up to 64 of
    /// <c>[A-Za-z0-9._-]</c>.
    /// </summary>
    public string Installation { get; set; } = "";

    /// <summary>How long revoked leases and ended tasks can still be looked at. Default 1 h; 0 to 30 days.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(1);
}
