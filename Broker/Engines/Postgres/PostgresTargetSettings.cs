using System.Net;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Engines.Postgres;

/// <summary>A PostgreSQL server (14 or later) and the account that the broker makes roles with.</summary>
internal sealed record PostgresTargetSettings
{
    private static readonly Dictionary<string, SslMode> _tlsModes = new()
    {
        ["verify-full"] = SslMode.VerifyFull,
        ["verify-ca"] = SslMode.VerifyCA,
        ["disable"] = SslMode.Disable,
    };

    /// <summary><c>host</c>: a name, an address, or the folder of a Unix socket. Required.</summary>
    public required string Host { get; init; }

    /// <summary><c>port</c>: 5432 when not set.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// <c>database</c>, or a list <c>databases</c>: those that grants may name. The first is the default, and the one in which brokers
    /// keep out of each other's way: all brokers of a server must name the same first one.
    /// </summary>
    public required IReadOnlyList<string> Databases { get; init; }

    /// <summary><c>username</c>: the broker's own account. Required.</summary>
    public required string Username { get; init; }

    /// <summary><c>password</c>: may only be left out for a Unix socket, where the server can know the broker by its user.</summary>
    public SecretReference? Password { get; init; }

    /// <summary><c>tls_mode</c>: <c>verify-full</c> (default), <c>verify-ca</c>; <c>disable</c> only where nothing leaves the machine.</summary>
    public required SslMode TlsMode { get; init; }

    /// <summary><c>tls_ca_file</c>: PEM; the system's trusted roots when not set.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary><c>scram_iterations</c>: 1 to 100,000, default 1 (see <see cref="ScramVerifier"/>); for clients that insist on more.</summary>
    public required int ScramIterations { get; init; }

    /// <summary><c>connection_limit</c>: sessions a lease may have at once when its grant does not say. 1 to 1,000, default 5.</summary>
    public required int ConnectionLimit { get; init; }

    /// <summary>
    /// <c>statement_timeout</c> of a lease's sessions when its grant does not say. 1 ms to 1 day; none when not set, because the server reads
    /// through what is set for all roles whenever one is dropped: with it, revoking costs the more the more leases live.
    /// </summary>
    public required TimeSpan? StatementTimeout { get; init; }

    /// <summary>
    /// <c>gather</c>: how many requests may share one transaction. 1 (none waits for another, and none shares a commit) to 256, default 64.
    /// </summary>
    public required int Gather { get; init; }

    /// <summary>
    /// <c>client_ca</c> (<see cref="AuthoritySettings"/>): the authority whose certificates leases log in with. It is
    /// made when it does not exist; the server must trust it (<c>ssl_ca_file</c>), and nothing else should. Logins are by password when not set.
    /// </summary>
    public AuthoritySettings? ClientAuthority { get; init; }

    /// <summary><c>advertised_host</c>: where callers find the server, when that differs from where the broker does.</summary>
    public required string AdvertisedHost { get; init; }

    /// <summary><c>advertised_port</c></summary>
    public required int AdvertisedPort { get; init; }

    public static PostgresTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var host = reader.RequiredText("host");
        var port = reader.Number("port", 5432, 1, 65535);
        var isSocket = host.StartsWith('/');
        var settings = new PostgresTargetSettings
        {
            Host = host,
            Port = port,
            Databases = ReadDatabases(reader),
            Username = reader.RequiredText("username"),
            Password = reader.Secret("password"),
            TlsMode = reader.Choice("tls_mode", isSocket ? SslMode.Disable : SslMode.VerifyFull, _tlsModes),
            TlsCaFile = reader.Text("tls_ca_file"),
            ScramIterations = reader.Number("scram_iterations", 1, 1, 100_000),
            ConnectionLimit = reader.Number("connection_limit", 5, 1, 1_000),
            StatementTimeout = ReadStatementTimeout(reader),
            Gather = reader.Number("gather", 64, 1, 256),
            ClientAuthority = reader.Has("client_ca") ? ReadClientAuthority(reader.Section("client_ca")) : null,
            AdvertisedHost = reader.Text("advertised_host") ?? host,
            AdvertisedPort = reader.Number("advertised_port", port, 1, 65535),
        };
        if (!reader.Has("password") && !isSocket)
        {
            reader.Fault("password", "is required");
        }

        if (settings.TlsMode == SslMode.Disable && !isSocket && !IsLoopback(host))
        {
            reader.Fault("tls_mode", "must not be disable for a host that is neither loopback nor a Unix socket");
        }

        if (settings.TlsMode != SslMode.Disable && isSocket)
        {
            reader.Fault("tls_mode", "must be disable for a Unix socket: PostgreSQL speaks no TLS there");
        }

        reader.RefuseOthers();
        return settings;
    }

    /// <returns>Null when it is not set.</returns>
    public static TimeSpan? ReadStatementTimeout(SettingsReader reader)
    {
        const string Name = "statement_timeout";
        return reader.Has(Name) ? reader.Duration(Name, TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1)) : null;
    }

    private static AuthoritySettings ReadClientAuthority(SettingsReader reader)
    {
        var authority = AuthoritySettings.Read(reader);
        reader.RefuseOthers();
        return authority;
    }

    private static IReadOnlyList<string> ReadDatabases(SettingsReader reader)
    {
        IReadOnlyList<string> databases = reader.Has("databases")
            ? reader.Texts("databases")
            : [reader.RequiredText("database")];
        if (reader.Has("databases") && reader.Has("database"))
        {
            reader.Fault("database", "must not be set beside databases");
        }

        if (reader.Has("databases") && databases.Count == 0)
        {
            reader.Fault("databases", "must name at least one database");
        }

        foreach (var (index, database) in databases.Index())
        {
            if (database.Length > 0 && !PostgresQuoting.IsIdentifier(database))
            {
                reader.Fault(reader.Has("databases") ? $"databases/{index}" : "database", "must be at most 63 bytes and hold no NUL");
            }
        }

        return databases;
    }

    private static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
