using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Stores;

/// <summary>A store to be compared, and how to open a new one of its kind.</summary>
/// <param name="Name">In figures and for <c>--only</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Missing">What it needs and this machine does not have; null when it can be opened.</param>
/// <param name="OpenAsync">Puts what is to be disposed of after the store into the list.</param>
internal sealed record StoreKind(string Name, string Title, string? Missing, Func<List<IAsyncDisposable>, Task<ILeaseStore>> OpenAsync)
{
    public static readonly IReadOnlyList<StoreKind> All =
    [
        Sqlite("sqlite", "SQLite, each step flushed", durable: true),
        Sqlite("sqlite_not_durable", "SQLite, left to the system", durable: false),
        Redis("redis", "everysec"),
        Redis("redis_always", "always"),
    ];

    private static StoreKind Sqlite(string name, string title, bool durable) => new(
        name,
        title,
        Missing: null,
        parts =>
        {
            var folder = new Folder();
            parts.Add(folder);
            var options = new SqliteStoreOptions { Path = Path.Combine(folder.Path, "leases.db"), Durable = durable };
            return Task.FromResult<ILeaseStore>(new SqliteLeaseStore(options, TimeProvider.System));
        });

    private static StoreKind Redis(string name, string fsync) => new(
        name,
        $"Redis, appendfsync {fsync}",
        RedisServer.IsInstalled ? null : "redis-server is not installed",
        async parts =>
        {
            var server = await RedisServer.StartAsync(new Dictionary<string, string> { ["appendfsync"] = fsync });
            parts.Add(server);
            var options = new RedisStoreOptions { Configuration = server.Endpoint };
            return await RedisLeaseStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        });

    private sealed class Folder : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public string Path => _folder.Path;

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
