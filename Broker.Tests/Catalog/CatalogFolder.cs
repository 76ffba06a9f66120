using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Engines.External;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Engines.RabbitMq;
using SecretsBroker.Engines.RedisAcl;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Engines.Static;
using SecretsBroker.Engines.Vault;
using SecretsBroker.Engines.X509;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Catalog;

/// <summary>A folder of catalogue files, and the product's engine types to check it with.</summary>
internal sealed class CatalogFolder : IDisposable
{
    public const string Good =
        """
        targets:
          - name: invoices-api
            engine: jwt
            settings:
              issuer: https://broker.example
              audience: invoices-api
              key_file: /keys/jwt.pem
          - name: invoices-db
            engine: postgres
            concurrency: 4
            timeout: 3s
            settings:
              host: localhost
              database: invoices
              username: broker
              password: {env: INVOICES_DB_PASSWORD}
        grants:
          - name: read-invoices
            action: read
            resource: invoices-api/invoices
            target: invoices-api
            default_ttl: 5m
            max_ttl: 1h
            classification: internal
            environment: production
            tools: [http, browser]
            on_violation: revoke
          - name: read-invoices-table
            action: read
            resource: invoices-api/invoices
            target: invoices-db
            default_ttl: 30s
            max_ttl: 5m
            settings:
              statements:
                - GRANT SELECT ON invoices TO {{group}}

        """;

    private static readonly MeasuredBroker Measured = new();

    private readonly TemporaryFolder _folder = new();

    public static IReadOnlyList<ICredentialEngineType> Types { get; } =
    [
        new AwsStsEngineType(new ManualTime()),
        new ExternalEngineType(
            new EngineProcesses(Measured.Metrics, new ManualTime(), NullLogger<EngineProcesses>.Instance), Measured.Metrics, new ManualTime()),
        new JwtEngineType(new InMemoryDenyList(new ManualTime()), new ManualTime(), NullLogger<JwtEngine>.Instance),
        new PostgresEngineType(new ManualTime(), NullLogger<PostgresEngine>.Instance),
        new RabbitMqEngineType(new ManualTime()),
        new OAuthEngineType(Measured.Metrics, new ManualTime(), NullLogger<OAuthEngine>.Instance),
        new RedisAclEngineType(new ManualTime()),
        new StaticEngineType(
            new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, new ManualTime()),
            Measured.Metrics,
            new ManualTime(),
            NullLogger<StaticEngine>.Instance),
        new SshEngineType(new InMemoryDenyList(new ManualTime()), new ManualTime(), NullLogger<SshEngine>.Instance),
        new VaultEngineType(new ManualTime()),
        new X509EngineType(new InMemoryDenyList(new ManualTime()), new ManualTime(), NullLogger<X509Engine>.Instance),
    ];

    public string Path => _folder.Path;

    public CatalogFolder Write(string text, string name = "a.yaml")
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        return this;
    }

    public void Delete(string name) => File.Delete(System.IO.Path.Combine(Path, name));

    public Task<CatalogLoad> LoadAsync() => CatalogLoader.LoadAsync(Path, Types, CancellationToken.None);

    public static async Task<string[]> FaultsOfAsync(string text)
    {
        using var folder = new CatalogFolder();
        var load = await folder.Write(text).LoadAsync();
        Assert.That(load.Snapshot is null, Is.EqualTo(load.Faults.Count > 0));
        return [.. load.Faults.Select(fault => fault.ToString())];
    }

    public void Dispose() => _folder.Dispose();
}
