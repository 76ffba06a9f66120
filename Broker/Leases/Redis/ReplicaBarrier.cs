using System.Net;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>
/// Tells when enough replicas have a write. Each node has a connection of its own for it, since <c>WAIT</c> stops the connection that it
/// is sent on, and the callers of one node share a <c>WAIT</c>: those who come while one is under way wait for the next.
/// </summary>
internal sealed class ReplicaBarrier(RedisStoreOptions options, IDatabase database) : IAsyncDisposable
{
    private readonly Dictionary<EndPoint, Task<Node>> _nodes = [];

    /// <summary>Returns when enough replicas have all that the shard's node answered before.</summary>
    public async Task PassAsync(ShardKeys shard)
    {
        // Asked each time: after a failover the same slot is somewhere else.
        var endPoint = await database.IdentifyEndpointAsync(shard.Barrier, CommandFlags.DemandMaster)
            ?? throw new StoreException("no redis node serves the shard", isTransient: true);
        var connecting = Connect(endPoint);
        try
        {
            await (await connecting).PassAsync(shard.Barrier);
        }
        catch (Exception) when (Forget(endPoint, connecting))
        {
            await CloseAsync(connecting);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<Node>[] nodes;
        lock (_nodes)
        {
            nodes = [.. _nodes.Values];
            _nodes.Clear();
        }

        foreach (var connecting in nodes)
            await CloseAsync(connecting);
    }

    private Task<Node> Connect(EndPoint endPoint)
    {
        lock (_nodes)
        {
            if (!_nodes.TryGetValue(endPoint, out var connecting))
                _nodes[endPoint] = connecting = ConnectAsync(endPoint);
            return connecting;
        }
    }

    private bool Forget(EndPoint endPoint, Task<Node> connecting)
    {
        lock (_nodes)
        {
            return _nodes.TryGetValue(endPoint, out var current) && current == connecting && _nodes.Remove(endPoint);
        }
    }

    private async Task<Node> ConnectAsync(EndPoint endPoint) =>
        new(await RedisNode.ConnectAsync(options, endPoint, CancellationToken.None), options);

    private static async Task CloseAsync(Task<Node> connecting)
    {
        if (connecting.IsCompletedSuccessfully)
            await (await connecting).DisposeAsync();
    }

    private sealed class Node(RedisNode redis, RedisStoreOptions options) : IAsyncDisposable
    {
        private readonly Lock _lock = new();
        private Task _running = Task.CompletedTask;
        private Task? _next;

        public Task PassAsync(RedisKey key)
        {
            lock (_lock)
            {
                return _next ??= AfterAsync(_running, key);
            }
        }

        public ValueTask DisposeAsync() => redis.DisposeAsync();

        private async Task AfterAsync(Task earlier, RedisKey key)
        {
            // Whether the earlier one succeeded is its callers' business.
            await earlier.ContinueWith(_ => { }, TaskScheduler.Default);
            Task current;
            lock (_lock)
            {
                current = WaitAsync(key);
                _running = current;
                _next = null;
            }

            await current;
        }

        private async Task WaitAsync(RedisKey key)
        {
            // WAIT speaks of the writes of its own connection. A write sent just before it comes, in the order that the replicas read
            // in, after all that was answered on other connections until now.
            var batch = redis.Database.CreateBatch();
            var write = batch.ExecuteAsync("SET", key, "");
            var wait = batch.ExecuteAsync("WAIT", options.WaitForReplicas, (int)options.ReplicaTimeout.TotalMilliseconds);
            batch.Execute();
            await write;
            var replicas = (int)await wait;
            if (replicas < options.WaitForReplicas)
                throw new StoreException($"{replicas} of {options.WaitForReplicas} redis replicas have the write", isTransient: true);
        }
    }
}
