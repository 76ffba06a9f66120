using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>What the data in the store is built on: a broker that assumed something else would look for leases where they are not.</summary>
internal static class RedisLayout
{
    /// <summary>Of keys and fields; grows when an older broker could not read what a newer one wrote.</summary>
    public const int Version = 1;

    public static async Task AgreeAsync(
        RedisConnection connection, RedisKey meta, int shardCount, CancellationToken cancellationToken)
    {
        await AgreeAsync(connection, meta, "layout", Version, cancellationToken);
        await AgreeAsync(connection, meta, "shards", shardCount, cancellationToken);
    }

    private static async Task AgreeAsync(
        RedisConnection connection, RedisKey meta, string field, int wanted, CancellationToken cancellationToken)
    {
        await connection.CallAsync(
            "layout", redis => redis.HashSetAsync(meta, field, wanted, When.NotExists, CommandFlags.DemandMaster), cancellationToken);
        var found = (long)await connection.CallAsync(
            "layout", redis => redis.HashGetAsync(meta, field, CommandFlags.DemandMaster), cancellationToken);
        if (found != wanted)
            throw new StoreException($"the store was laid out with {field} {found}, and {wanted} is configured", isTransient: false);
    }
}
