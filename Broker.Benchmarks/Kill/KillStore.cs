using SecretsBroker.Configuration;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Kill;

/// <summary>A store that a broker is measured with.</summary>
/// <param name="Name">In figures and for <c>--only</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Fsync">Redis's <c>appendfsync</c>; null for SQLite.</param>
internal sealed record KillStore(string Name, string Title, string? Fsync)
{
    public static readonly IReadOnlyList<KillStore> All =
    [
        new("jwt_sqlite", "jwt on SQLite", null),
        new("jwt_redis", "jwt on Redis (everysec)", "everysec"),
    ];

    /// <summary>What it needs and this machine does not have; null when it can be started.</summary>
    public string? Missing => Fsync is null || RedisServer.IsInstalled ? null : "redis-server is not installed";

    /// <returns>Settings of the section <c>Store</c>.</returns>
    public async Task<IReadOnlyDictionary<string, string>> StartAsync(List<IAsyncDisposable> parts)
    {
        if (Fsync is null)
            return new Dictionary<string, string> { ["Kind"] = StoreOptions.Sqlite };
        var server = await RedisServer.StartAsync(new Dictionary<string, string> { ["appendfsync"] = Fsync });
        parts.Add(server);
        return new Dictionary<string, string> { ["Kind"] = StoreOptions.Redis, ["Servers"] = server.Endpoint };
    }
}
