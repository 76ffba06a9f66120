using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>A Redis server (6.2 or later), a server with its replicas, or a Cluster, and the account that the broker makes users with.</summary>
internal sealed record RedisTargetSettings
{
    private const int MaxNodes = 1_000;

    private static readonly Dictionary<string, RedisTlsMode> _tlsModes = new()
    {
        ["verify-full"] = RedisTlsMode.VerifyFull,
        ["verify-ca"] = RedisTlsMode.VerifyCa,
        ["disable"] = RedisTlsMode.Disable,
    };

    /// <summary>
    /// <c>nodes</c>: every node as <c>host:port</c>, replicas too: Redis does not pass users on, and a node that cannot be reached is not
    /// always known to the others. Required, at most 1,000.
    /// </summary>
    public required IReadOnlyList<RedisEndpoint> Nodes { get; init; }

    /// <summary><c>username</c>: the broker's own account, the same at each node. Required.</summary>
    public required string Username { get; init; }

    /// <summary><c>password</c> of that account. Required.</summary>
    public SecretReference? Password { get; init; }

    /// <summary><c>tls_mode</c>: <c>verify-full</c> (default), <c>verify-ca</c>; <c>disable</c> only where nothing leaves the machine.</summary>
    public required RedisTlsMode TlsMode { get; init; }

    /// <summary><c>tls_ca_file</c>: PEM; the system's trusted roots when not set.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary><c>tls_certificate_file</c>: PEM, the broker's client certificate, which Redis asks for unless told otherwise.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary><c>tls_key_file</c>: PEM, its private key.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary><c>advertised_nodes</c>: where callers find the nodes, when that differs from where the broker does.</summary>
    public required IReadOnlyList<RedisEndpoint> AdvertisedNodes { get; init; }

    public static RedisTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var nodes = ReadEndpoints(reader, "nodes");
        var settings = new RedisTargetSettings
        {
            Nodes = nodes,
            Username = reader.RequiredText("username"),
            Password = reader.Secret("password"),
            TlsMode = reader.Choice("tls_mode", RedisTlsMode.VerifyFull, _tlsModes),
            TlsCaFile = reader.Text("tls_ca_file"),
            TlsCertificateFile = reader.Text("tls_certificate_file"),
            TlsKeyFile = reader.Text("tls_key_file"),
            AdvertisedNodes = reader.Has("advertised_nodes") ? ReadEndpoints(reader, "advertised_nodes") : nodes,
        };
        if (!reader.Has("nodes"))
        {
            reader.Fault("nodes", "is required");
        }

        if (!reader.Has("password"))
        {
            reader.Fault("password", "is required");
        }

        if (settings.TlsMode == RedisTlsMode.Disable && nodes.Any(node => !node.IsLoopback))
        {
            reader.Fault("tls_mode", "must not be disable for a node that is not loopback");
        }

        if (settings.TlsCertificateFile is null != settings.TlsKeyFile is null)
        {
            reader.Fault(settings.TlsKeyFile is null ? "tls_key_file" : "tls_certificate_file", "must be set beside the other of the two");
        }

        reader.RefuseOthers();
        return settings;
    }

    private static List<RedisEndpoint> ReadEndpoints(SettingsReader reader, string name)
    {
        var endpoints = new List<RedisEndpoint>();
        foreach (var (index, text) in reader.Texts(name).Index())
        {
            if (!RedisEndpoint.TryParse(text, out var endpoint))
            {
                reader.Fault($"{name}/{index}", "must be HOST:PORT");
            }
            else if (endpoints.Contains(endpoint))
            {
                reader.Fault($"{name}/{index}", "must not be named twice");
            }
            else
            {
                endpoints.Add(endpoint);
            }
        }

        if (reader.Has(name) && endpoints.Count is 0 or > MaxNodes)
        {
            reader.Fault(name, $"must name 1 to {MaxNodes} nodes");
        }

        return endpoints;
    }
}
