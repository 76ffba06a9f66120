using SecretsBroker.Engines;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>What verifiers are told about.</content>
internal sealed partial class RedisLeaseStore
{
    public async ValueTask AddAsync(string target, LeaseId lease, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var shard = _keys.OfTarget(target);
        await RunAsync(
            RedisScripts.Deny,
            shard,
            [shard.Denied(target), shard.DeniedUntil(target), shard.DeniedVersion(target)],
            [lease.Value, until.ToUnixTimeMilliseconds()],
            cancellationToken);
    }

    public async ValueTask<DenyListEntry?> FindAsync(string target, LeaseId lease, CancellationToken cancellationToken)
    {
        var entries = (await ReadDeniedAsync(target, lease.Value, cancellationToken)).Entries;
        return entries.Count == 0 ? null : entries[0];
    }

    public async ValueTask<long> ReadVersionAsync(string target, CancellationToken cancellationToken)
    {
        var key = _keys.OfTarget(target).DeniedVersion(target);
        var version = await _connection.CallAsync(
            "read-version", redis => redis.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken);
        return version.IsNull ? 0 : (long)version;
    }

    public ValueTask<DenyListSnapshot> ReadAsync(string target, CancellationToken cancellationToken) =>
        ReadDeniedAsync(target, "", cancellationToken);

    private async ValueTask<DenyListSnapshot> ReadDeniedAsync(string target, string lease, CancellationToken cancellationToken)
    {
        var shard = _keys.OfTarget(target);
        var answer = (RedisValue[])(await RunAsync(
            RedisScripts.ReadDenied, shard, [shard.Denied(target), shard.DeniedVersion(target)], [lease], cancellationToken))!;
        var now = RedisTime.Instant((long)answer[0]);
        var entries = answer[2..].Chunk(2).Select(pair => ReadEntry((string)pair[0]!, (string)pair[1]!));
        return new DenyListSnapshot((long)answer[1], [.. entries.Where(entry => entry.Until > now)]);
    }

    private static DenyListEntry ReadEntry(string id, string sinceUntil)
    {
        var space = sinceUntil.IndexOf(' ', StringComparison.Ordinal);
        return new DenyListEntry(
            LeaseId.Parse(id),
            RedisTime.Instant(long.Parse(sinceUntil.AsSpan(0, space))),
            RedisTime.Instant(long.Parse(sinceUntil.AsSpan(space + 1))));
    }
}
