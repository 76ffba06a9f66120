namespace SecretsBroker.Samples.LocalServers;

/// <summary>A Redis Cluster of three masters on free loopback ports that share all slots.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16384;
    private const int Size = 3;

    private RedisCluster(IReadOnlyList<RedisServer> nodes) => Nodes = nodes;

    public IReadOnlyList<RedisServer> Nodes { get; }

    /// <summary>All nodes, with commas between them.</summary>
    public string Endpoints => string.Join(',', Nodes.Select(node => node.Endpoint));

    public static async Task<RedisCluster> StartAsync()
    {
        var nodes = new List<RedisServer>();
        var cluster = new RedisCluster(nodes);
        try
        {
            var buses = FreePort.Next(Size);
            foreach (var bus in buses)
            {
                nodes.Add(await RedisServer.StartAsync(new Dictionary<string, string>
                {
                    ["cluster-enabled"] = "yes",
                    ["cluster-port"] = $"{bus}",
                    ["cluster-node-timeout"] = "15000",
                }));
            }

            for (var i = 0; i < Size; i++)
                await ExpectAsync(nodes[i], $"CLUSTER ADDSLOTSRANGE {Slots * i / Size} {(Slots * (i + 1) / Size) - 1}");
            foreach (var (node, bus) in nodes.Zip(buses).Skip(1))
                await ExpectAsync(nodes[0], $"CLUSTER MEET 127.0.0.1 {node.Port} {bus}");
            foreach (var node in nodes)
                await node.WaitUntilAsync(cancellationToken => ServesAllAsync(node, cancellationToken));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
            await node.DisposeAsync();
    }

    private static async Task ExpectAsync(RedisServer node, string command)
    {
        var answer = await RedisCommand.SendAsync(node.Port, command);
        if (answer != "+OK")
            throw new InvalidOperationException($"{command}: {answer}");
    }

    private static async Task<bool> ServesAllAsync(RedisServer node, CancellationToken cancellationToken)
    {
        var info = await RedisCommand.SendAsync(node.Port, "CLUSTER INFO", cancellationToken);
        return info.Contains("cluster_state:ok", StringComparison.Ordinal)
            && info.Contains($"cluster_known_nodes:{Size}", StringComparison.Ordinal);
    }
}
