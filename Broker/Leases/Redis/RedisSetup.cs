using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>Looks at every node whether it is set up so that what it acknowledged is still there later.</summary>
internal sealed class RedisSetup(RedisStoreOptions options)
{
    private const int OldestMajor = 7;

    public async ValueTask<IReadOnlyList<StoreFinding>> CheckAsync(CancellationToken cancellationToken)
    {
        var configuration = RedisConnection.Configure(options);
        // The client library does not let settings be read without; so not on the connection that the store uses.
        configuration.AllowAdmin = true;
        try
        {
            using var redis = await ConnectionMultiplexer.ConnectAsync(configuration).WaitAsync(cancellationToken);
            var findings = new List<StoreFinding>();
            foreach (var endPoint in redis.GetEndPoints())
                findings.AddRange(await CheckAsync(redis, endPoint).WaitAsync(options.CallTimeout, cancellationToken));
            return findings;
        }
        catch (Exception error) when (RedisFailure.Is(error))
        {
            throw RedisFailure.From(error, "check");
        }
    }

    private async Task<IReadOnlyList<StoreFinding>> CheckAsync(ConnectionMultiplexer redis, EndPoint endPoint)
    {
        var server = redis.GetServer(endPoint);
        if (!server.IsConnected)
            return [new StoreFinding(false, $"redis at {endPoint} cannot be reached; it was not checked")];
        var info = (await server.InfoAsync()).SelectMany(section => section)
            .DistinctBy(line => line.Key)
            .ToDictionary(line => line.Key, line => line.Value);
        // Asked of the Cluster: any of its nodes knows.
        var cluster = info.GetValueOrDefault("cluster_enabled") == "1"
            ? (string?)await redis.GetDatabase().ExecuteAsync("CLUSTER", "INFO")
            : null;
        return
        [
            .. Check(info, await ReadSyncAsync(server), cluster)
                .Select(found => found with { Text = $"redis at {endPoint}: {found.Text}" }),
        ];
    }

    /// <param name="info">The answer to <c>INFO</c>.</param>
    /// <param name="sync">The setting <c>appendfsync</c>; null when it may not be asked for.</param>
    /// <param name="cluster">The answer to <c>CLUSTER INFO</c>; null when it is none.</param>
    internal IEnumerable<StoreFinding> Check(IReadOnlyDictionary<string, string> info, string? sync, string? cluster)
    {
        var version = info.GetValueOrDefault("redis_version", "");
        if (!int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) || major < OldestMajor)
            yield return new StoreFinding(true, $"is version {version}; {OldestMajor}.0 or later is needed");

        switch (info.GetValueOrDefault("maxmemory_policy"))
        {
            case "noeviction":
                break;
            case null:
                yield return new StoreFinding(false, "does not say its maxmemory-policy; make sure that it is noeviction");
                break;
            case var policy:
                yield return new StoreFinding(true, $"forgets leases when memory runs out; set maxmemory-policy noeviction (is {policy})");
                break;
        }

        if (info.GetValueOrDefault("aof_enabled") != "1")
            yield return new StoreFinding(!options.AllowVolatile, "loses leases when it stops; set appendonly yes", MayForget: true);
        else if (CheckSync(sync) is { } finding)
            yield return finding;

        if (cluster is not null && !cluster.Contains("cluster_state:ok", StringComparison.Ordinal))
            yield return new StoreFinding(true, "belongs to a cluster that does not serve all slots");

        if (info.GetValueOrDefault("role") == "master"
            && int.TryParse(info.GetValueOrDefault("connected_slaves"), CultureInfo.InvariantCulture, out var replicas)
            && replicas < options.WaitForReplicas)
        {
            yield return new StoreFinding(
                false, $"has {replicas} replicas; every write fails until there are {options.WaitForReplicas}");
        }
    }

    private StoreFinding? CheckSync(string? sync) => sync switch
    {
        "always" => null,
        "everysec" => new StoreFinding(
            false,
            "can lose the last second when it crashes, and what was issued in it; set appendfsync always where that is too much",
            MayForget: options.WaitForReplicas == 0),
        "no" => new StoreFinding(
            !options.AllowVolatile,
            "leaves it to the system when data reaches the disk; set appendfsync always or everysec",
            MayForget: options.WaitForReplicas == 0),
        _ => new StoreFinding(
            false,
            "does not let its appendfsync be asked for; make sure that it is always or everysec",
            MayForget: options.WaitForReplicas == 0),
    };

    private static async Task<string?> ReadSyncAsync(IServer server)
    {
        try
        {
            return (await server.ConfigGetAsync("appendfsync")).Select(setting => setting.Value).FirstOrDefault();
        }
        catch (RedisServerException)
        {
            // Managed servers know no CONFIG, or a user that may not say it.
            return null;
        }
    }
}
