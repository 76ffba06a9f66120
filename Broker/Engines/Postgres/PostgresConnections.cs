using System.Collections.Concurrent;
using Npgsql;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The pooled connections to one target. Issuing and revoking have pools of their own: a flood of issues must not keep revocations waiting.
/// </summary>
internal sealed class PostgresConnections(Target target, PostgresTargetSettings settings, TimeProvider time) : IAsyncDisposable
{
    // A password that never worked is likely to be wrong; but it may have changed, and changed again, while it was read.
    private const int UntriedRetries = 3;

    // So long a password that worked before may be refused, while it changes, and so often both that there may be are tried meanwhile.
    private static readonly TimeSpan _rotation = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _retry = TimeSpan.FromMilliseconds(200);

    private readonly AccountPassword? _password = settings.Password is { } reference ? new AccountPassword(reference, target.Name) : null;
    private readonly ConcurrentDictionary<(string Database, Pool Pool), Lazy<NpgsqlDataSource>> _sources = new();
    private volatile bool _hasWorked;

    /// <summary>Where roles are made and locks are held.</summary>
    public string HomeDatabase => settings.Databases[0];

    /// <summary>How to get to a database; without the password.</summary>
    public static NpgsqlConnectionStringBuilder AddressOf(Target target, PostgresTargetSettings settings, string database)
    {
        var seconds = (int)Math.Ceiling(Math.Clamp(target.Timeout.TotalSeconds, 1, 1_000));
        return new NpgsqlConnectionStringBuilder
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
            MaxAutoPrepare = 30,
            AutoPrepareMinUsages = 2,
        };
    }

    public ValueTask<NpgsqlConnection> OpenAsync(Pool pool, CancellationToken cancellationToken) =>
        OpenAsync(HomeDatabase, pool, cancellationToken);

    public async ValueTask<NpgsqlConnection> OpenAsync(string database, Pool pool, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var triesNext = _password?.TriesNext == true;
            try
            {
                var connection = await OpenOnceAsync(database, pool, cancellationToken);
                _hasWorked = true;
                return connection;
            }
            catch (PostgresException e) when (
                e.SqlState == PostgresErrorCodes.InvalidPassword && (attempt <= UntriedRetries || _hasWorked) && time.GetElapsedTime(start) < _rotation)
            {
                _password?.TryOtherThan(triesNext);
                // The other one at once: a little later the next rotation may have made that the wrong one, too.
                if (attempt % 2 == 0)
                {
                    await Task.Delay(_retry, time, cancellationToken);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values.Where(source => source.IsValueCreated))
        {
            await source.Value.DisposeAsync();
        }
    }

    private async ValueTask<NpgsqlConnection> OpenOnceAsync(string database, Pool pool, CancellationToken cancellationToken)
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
        var builder = new NpgsqlDataSourceBuilder(AddressOf(target, settings, database).ConnectionString)
        {
            // Else it is the connection string that stands in spans and metrics.
            Name = $"postgres/{target.Name}/{database}/{pool}",
        };
        if (_password is not null)
        {
            builder.UsePasswordProvider(_ => _password.Read(), (_, _) => ValueTask.FromResult(_password.Read()));
        }

        return builder.Build();
    }

    internal enum Pool
    {
        Issue = 1,
        Revoke = 2,
    }
}
