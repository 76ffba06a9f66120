using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.KillSwitch;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>Standing orders: each shard has them all, so that reserve, activate and renew find them in their own slot.</content>
internal sealed partial class RedisLeaseStore
{
    public async ValueTask<KillOrder> AddKillOrderAsync(KillOrder order, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.Serialize(KillOrderRecord.From(order), KillOrderJson.Default.KillOrderRecord);
        // The first shard's clock dates the order for all.
        var stands = await AddAsync(_keys.Of(0), "");
        await Task.WhenAll(_keys.All.Skip(1).Select(shard => AddAsync(shard, stands.CreateTime.ToUnixTimeMilliseconds())));
        return stands;

        async Task<KillOrder> AddAsync(ShardKeys shard, RedisValue time) => KillOrderRecord.Read(
            order.Id,
            (string)(await RunAsync(
                RedisScripts.AddKillOrder, shard, [shard.Kills, shard.KillOrders], [order.Id, text, time], cancellationToken))!);
    }

    public async ValueTask<IReadOnlyList<KillOrder>> ListKillOrdersAsync(CancellationToken cancellationToken)
    {
        // From all shards: one that reached only some of them stands there, and must be seen to be lifted.
        var shards = await Task.WhenAll(_keys.All.Select(shard => _connection.CallAsync(
            "list-kill-orders", redis => redis.HashGetAllAsync(shard.KillOrders, CommandFlags.DemandMaster), cancellationToken).AsTask()));
        return
        [
            .. shards.SelectMany(entries => entries)
                .DistinctBy(entry => entry.Name)
                .Select(entry => KillOrderRecord.Read(entry.Name!, entry.Value!))
                .OrderBy(order => order.CreateTime)
                .ThenBy(order => order.Id, StringComparer.Ordinal),
        ];
    }

    public async ValueTask<bool> LiftKillOrderAsync(string id, CancellationToken cancellationToken)
    {
        var lifted = await Task.WhenAll(_keys.All.Select(async shard => (int)await RunAsync(
            RedisScripts.LiftKillOrder, shard, [shard.Kills, shard.KillOrders], [id], cancellationToken)));
        return lifted.Sum() > 0;
    }

    public async ValueTask<EndPage> EndMatchingAsync(
        int shard, KillSelector selector, string? cursor, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        var keys = _keys.Of(shard);
        var ids = (RedisValue[])(await _connection.CallAsync(
            "list-live",
            redis => redis.ExecuteAsync(
                "ZRANGEBYLEX",
                [keys.Live, cursor is null ? "-" : $"({cursor}", "+", "LIMIT", 0, max],
                CommandFlags.DemandMaster),
            cancellationToken))!;
        // Whether it is covered follows from what never changes, so each may be ended in a step of its own.
        var leases = await LocateAsync(ids.Select(id => LeaseId.Parse(id!)), cancellationToken);
        var ended = await Task.WhenAll(leases
            .Where(lease => KillSelector.Covering(lease).Contains(selector))
            .Select(lease => EndAsync(lease, EndCause.Killed, cancellationToken).AsTask()));
        return new EndPage(
            [.. ended.Where(one => one.Ended).Select(one => one.Lease!)], ids.Length < max ? null : (string)ids[^1]!);
    }
}

/// <summary>An order as its hash keeps it; <c>add-kill-order.lua</c> sets the time. Names are stored; they are never renamed.</summary>
internal sealed record KillOrderRecord(string Selector, int Scope, string Value, string Reason, string Actor, long Time)
{
    public static KillOrderRecord From(KillOrder order) =>
        new(order.Selector.Key, (int)order.Selector.Scope, order.Selector.Value, order.Reason, order.Actor, 0);

    public static KillOrder Read(string id, string text)
    {
        var record = JsonSerializer.Deserialize(text, KillOrderJson.Default.KillOrderRecord)!;
        return new KillOrder(
            id,
            new KillSelector((KillScope)record.Scope, record.Value),
            record.Reason,
            record.Actor,
            RedisTime.Instant(record.Time));
    }
}

[JsonSerializable(typeof(KillOrderRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class KillOrderJson : JsonSerializerContext;
