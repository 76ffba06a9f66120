using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The pooled connections to one target. Issuing and revoking have pools of their own: a flood of issues must not keep revocations waiting.
/// </summary>
internal sealed class PostgresConnections(Target target, PostgresTargetSettings settings) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Database, Pool Pool), Lazy<NpgsqlDataSource>> _sources = new();

    /// <summary>Where roles are made and locks are held.</summary>
    public string HomeDatabase => settings.Databases[0];

    public ValueTask<NpgsqlConnection> OpenAsync(Pool pool, CancellationToken cancellationToken) =>
        OpenAsync(HomeDatabase, pool, cancellationToken);

    public async ValueTask<NpgsqlConnection> OpenAsync(string database, Pool pool, CancellationToken cancellationToken)
    {
        var source = _sources.GetOrAdd((database, pool), key => new Lazy<NpgsqlDataSource>(() => Create(key.Database, key.Pool))).Value;
        var opening = source.OpenConnectionAsync(cancellationToken);
        if (opening.IsCompletedSuccessfully)
        {
            return opening.Result;
        }

        // While it logs in, the driver looks at its own time limit only.
        var task = opening.AsTask();
        try
        {
            return await task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = CloseWhenOpenAsync(task);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values.Where(source => source.IsValueCreated))
        {
            await source.Value.DisposeAsync();
        }
    }

    private static async Task CloseWhenOpenAsync(Task<NpgsqlConnection> opening)
    {
        try
        {
            await using var connection = await opening;
        }
        catch (Exception e) when (PostgresFailure.IsKnown(e) || e is EngineException or ObjectDisposedException)
        {
            // Nobody waits for it any more; whoever comes next meets the same failure.
        }
    }

    private NpgsqlDataSource Create(string database, Pool pool)
    {
        var seconds = (int)Math.Ceiling(Math.Clamp(target.Timeout.TotalSeconds, 1, 1_000));
        var builder = new NpgsqlDataSourceBuilder
        {
            // Else it is the connection string that stands in spans and metrics.
            Name = $"postgres/{target.Name}/{database}/{pool}",
            ConnectionStringBuilder =
            {
                ApplicationName = "secrets-broker",
                Host = settings.Host,
                Port = settings.Port,
                Database = database,
                Username = settings.Username,
                SslMode = settings.TlsMode,
                RootCertificate = settings.TlsCaFile,
                GssEncryptionMode = GssEncryptionMode.Disable,
                PersistSecurityInfo = false,
                IncludeErrorDetail = false,
                // Functions of the agents' making must never be found in place of the server's.
                SearchPath = "pg_catalog",
                MaxPoolSize = target.Concurrency,
                ConnectionLifetime = 900,
                // Nothing that outlives a transaction is ever set.
                NoResetOnClose = true,
                Enlist = false,
                // The token is the limit of a call; these are for what it cannot reach.
                Timeout = seconds,
                CommandTimeout = seconds,
                CancellationTimeout = 500,
            },
        };
        if (settings.Password is { } password)
        {
            builder.UsePasswordProvider(_ => Read(password), (_, _) => ValueTask.FromResult(Read(password)));
        }

        return builder.Build();
    }

    private string Read(SecretReference reference)
    {
        var bytes = reference.TryRead()
            ?? throw new EngineException($"target {target.Name}: its password ({reference}) cannot be read", isTransient: false);
        var password = Encoding.UTF8.GetString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return password;
    }

    internal enum Pool
    {
        Issue = 1,
        Revoke = 2,
    }
}
