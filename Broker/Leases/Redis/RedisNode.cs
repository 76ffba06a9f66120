using System.Net;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>A connection to one node alone, also of a Cluster: for what is said to a server and not to a key.</summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private readonly ConnectionMultiplexer _multiplexer;

    private RedisNode(ConnectionMultiplexer multiplexer)
    {
        _multiplexer = multiplexer;
        Database = multiplexer.GetDatabase();
    }

    public IDatabase Database { get; }

    public static async Task<RedisNode> ConnectAsync(
        RedisStoreOptions options, EndPoint endPoint, CancellationToken cancellationToken)
    {
        var configuration = RedisConnection.Configure(options);
        configuration.EndPoints.Clear();
        configuration.EndPoints.Add(endPoint);
        // Keeps the client library from finding, and choosing among, the other nodes: it must not learn that this is one of several.
        configuration.CommandMap = CommandMap.Create(["CLUSTER", "INFO", "CONFIG"], available: false);
        return new RedisNode(await ConnectionMultiplexer.ConnectAsync(configuration).WaitAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _multiplexer.CloseAsync(allowCommandsToComplete: false);
        _multiplexer.Dispose();
    }
}
