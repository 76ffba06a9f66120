using SecretsBroker.Reconciliation;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>One position in each shard: those of a Cluster may be set back one by one.</content>
internal sealed partial class RedisLeaseStore : ILogPositions
{
    public async ValueTask<IReadOnlyDictionary<string, long>> ReadPositionsAsync(CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(_keys.All.Select(shard => _connection.CallAsync(
            "read-positions", redis => redis.HashGetAllAsync(shard.LogPositions, CommandFlags.DemandMaster), cancellationToken).AsTask()));
        return shards
            .SelectMany(shard => shard)
            .GroupBy(entry => (string)entry.Name!)
            .ToDictionary(broker => broker.Key, broker => broker.Count() < shards.Length ? 0 : broker.Min(entry => (long)entry.Value));
    }

    public async ValueTask WritePositionAsync(string broker, long sequence, CancellationToken cancellationToken) =>
        await Task.WhenAll(_keys.All.Select(shard => _connection.CallAsync(
            "write-position",
            redis => redis.HashSetAsync(shard.LogPositions, broker, sequence, When.Always, CommandFlags.DemandMaster),
            cancellationToken).AsTask()));
}
