using SecretsBroker.Reconciliation;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>One position in each shard: those of a Cluster may be set back one by one.</content>
internal sealed partial class RedisLeaseStore : ILogPositions
{
    public async ValueTask<LogPositions> ReadPositionsAsync(CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(_keys.All.Select(shard => RunUnreplicatedAsync(RedisScripts.ReadPositions, shard, [], cancellationToken)));
        var positions = shards
            .SelectMany(Positions)
            .GroupBy(entry => entry.Broker)
            .ToDictionary(broker => broker.Key, broker => broker.Count() < shards.Length ? 0 : broker.Min(entry => entry.Sequence));
        return new LogPositions(positions, [.. shards.Select(shard => (string)shard[0]!)]);

        static IEnumerable<(string Broker, long Sequence)> Positions(RedisResult[] shard)
        {
            for (var i = 1; i < shard.Length; i += 2)
            {
                yield return ((string)shard[i]!, (long)shard[i + 1]);
            }
        }
    }

    public async ValueTask<bool> WritePositionAsync(string broker, long sequence, LogPositions read, CancellationToken cancellationToken)
    {
        RedisValue[] known = [.. read.ByBroker.SelectMany(position => (RedisValue[])[position.Key, position.Value])];
        var written = await Task.WhenAll(_keys.All.Zip(read.Servers, (shard, server) =>
            RunUnreplicatedAsync(RedisScripts.WritePosition, shard, [server, broker, sequence, .. known], cancellationToken)));
        return written.All(shard => (int)shard[0] == 1);
    }

    // No replica is waited for: a position that a failover loses is what shows that one happened.
    private async Task<RedisResult[]> RunUnreplicatedAsync(
        RedisScript script, ShardKeys shard, RedisValue[] arguments, CancellationToken cancellationToken) =>
        (RedisResult[])(await _connection.CallAsync(
            script.Name, redis => script.RunAsync(redis, [shard.LogPositions], arguments), cancellationToken))!;
}
