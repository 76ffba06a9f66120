using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>A server that lets in nobody but its administrators without a certificate of the broker's authority.</summary>
internal sealed class CertificateServer : IAsyncDisposable
{
    private const string Rules = """
        local   all  all                     scram-sha-256
        host    all  postgres  127.0.0.1/32  scram-sha-256
        host    all  broker    127.0.0.1/32  scram-sha-256
        hostssl all  all       127.0.0.1/32  cert
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, ECDsa> _keys = [];

    private CertificateServer()
    {
    }

    public PostgresServer Server { get; private set; } = null!;

    public Target Target { get; private set; } = null!;

    public static async Task<CertificateServer> StartAsync()
    {
        var server = new CertificateServer();
        var settings = new AuthoritySettings
        {
            KeyFile = Path.Combine(server._folder.Path, "ca.key"),
            CertificateFile = Path.Combine(server._folder.Path, "ca.pem"),
            CommonName = "Logins",
        };
        using var authority = CertificateAuthority.LoadOrCreate(settings, TimeProvider.System, out _);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var own = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        server.Server = await TestDatabase.StartServerAsync(
            new Dictionary<string, string>
            {
                ["ssl"] = "on",
                ["ssl_cert_file"] = "server.crt",
                ["ssl_key_file"] = "server.key",
                ["ssl_ca_file"] = "clients.crt",
                ["hba_file"] = Path.Combine("data", "rules.conf"),
            },
            new Dictionary<string, string>
            {
                ["server.crt"] = own.ExportCertificatePem(),
                ["server.key"] = key.ExportPkcs8PrivateKeyPem(),
                ["clients.crt"] = authority.TrustAnchorPem,
                ["rules.conf"] = Rules,
            });
        var target = TestDatabase.Target(TestDatabase.Broker, server.Server);
        var node = JsonObject.Create(target.Settings)!;
        node["client_ca"] = new JsonObject
        {
            ["key_file"] = settings.KeyFile,
            ["certificate_file"] = settings.CertificateFile,
            ["common_name"] = settings.CommonName,
        };
        server.Target = target with { Settings = JsonSerializer.SerializeToElement(node) };
        return server;
    }

    /// <summary>For a new key, which is kept to log in with.</summary>
    public CredentialInput Input()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        lock (_keys)
        {
            _keys[Convert.ToHexString(publicKey)] = key;
        }

        return new CredentialInput.Postgres(PublicKey: publicKey);
    }

    /// <summary>A session by the credential's certificate and the key that it is for.</summary>
    /// <param name="credential">Made for one of the inputs.</param>
    /// <param name="username">Another one than the credential's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<NpgsqlConnection> LogInAsync(DatabaseCredential credential, string? username = null, CancellationToken cancellationToken = default)
    {
        using var leaf = X509Certificate2.CreateFromPem(credential.CertificateChain);
        ECDsa key;
        lock (_keys)
        {
            key = _keys[Convert.ToHexString(leaf.PublicKey.ExportSubjectPublicKeyInfo())];
        }

        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = credential.Host,
            Port = credential.Port,
            Database = credential.Database,
            Username = username ?? credential.Username,
            SslMode = SslMode.Require,
            Pooling = false,
            Timeout = 15,
        }.ConnectionString)
        {
            SslClientAuthenticationOptionsCallback = options => options.ClientCertificates = [leaf.CopyWithPrivateKey(key)],
        };
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }

        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
