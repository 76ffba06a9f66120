using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.KillSwitch;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>Standing orders: each shard has them all, so that reserve, activate and renew find them in their own slot.</content>
internal sealed partial class RedisLeaseStore
{
    // Longer than any broker takes over spreading an order that it has read before it was lifted.
    private static readonly TimeSpan LiftedKept = TimeSpan.FromDays(1);

    public async ValueTask<KillOrder> AddKillOrderAsync(KillOrder order, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.Serialize(KillOrderRecord.From(order), KillOrderJson.Default.KillOrderRecord);
        // The first shard's clock dates the order for all.
        var stands = await AddKillOrderAsync(_keys.Of(0), order.Id, text, "", cancellationToken);
        if (stands is null)
            throw new StoreException($"kill order {order.Id} was lifted before: an id is used once", isTransient: false);
        await AddKillOrderToOthersAsync(stands, text, cancellationToken);
        return stands;
    }

    public async ValueTask<bool> SpreadKillOrderAsync(KillOrder order, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.Serialize(KillOrderRecord.From(order), KillOrderJson.Default.KillOrderRecord);
        var time = order.CreateTime.ToUnixTimeMilliseconds();
        return await AddKillOrderAsync(_keys.Of(0), order.Id, text, time, cancellationToken) is { } stands
            && await AddKillOrderToOthersAsync(stands, text, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<KillOrder>> ListKillOrdersAsync(CancellationToken cancellationToken)
    {
        var orders = await ReadKillOrdersAsync(cancellationToken);
        // Few have an end, and only those need the clock.
        return orders.All(order => order.ExpireTime is null) ? orders : await PartAsync(orders, over: false, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<KillOrder>> ListExpiredKillOrdersAsync(CancellationToken cancellationToken)
    {
        var orders = await ReadKillOrdersAsync(cancellationToken);
        return orders.All(order => order.ExpireTime is null) ? [] : await PartAsync(orders, over: true, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<KillOrder>> PartAsync(
        IReadOnlyList<KillOrder> orders, bool over, CancellationToken cancellationToken)
    {
        // The first shard's clock, which dated them.
        var now = await GetTimeAsync(cancellationToken);
        return [.. orders.Where(order => order.ExpireTime <= now == over)];
    }

    private async ValueTask<IReadOnlyList<KillOrder>> ReadKillOrdersAsync(CancellationToken cancellationToken)
    {
        // From all shards: one that reached only some of them stands there, and must be seen to be lifted.
        var shards = await Task.WhenAll(_keys.All.Select(shard => ReadHashAsync(shard.KillOrders, cancellationToken)));
        var orders = shards.SelectMany(entries => entries)
            .DistinctBy(entry => entry.Name)
            .Select(entry => KillOrderRecord.Read(entry.Name!, entry.Value!))
            .ToList();
        if (orders.Count == 0)
            return [];
        var proposals = (await ReadHashAsync(_keys.Of(0).KillLifts, cancellationToken))
            .ToDictionary(entry => (string)entry.Name!, entry => LiftProposalRecord.Read(entry.Value!));
        return
        [
            .. orders.Select(order => order with { LiftProposal = proposals.GetValueOrDefault(order.Id) })
                .OrderBy(order => order.CreateTime)
                .ThenBy(order => order.Id, StringComparer.Ordinal),
        ];
    }

    public async ValueTask<KillOrder?> ProposeKillLiftAsync(string id, string actor, CancellationToken cancellationToken)
    {
        var first = _keys.Of(0);
        var answer = await RunAsync(
            RedisScripts.ProposeKillLift, first, [first.KillOrders, first.KillLifts], [id, actor], cancellationToken);
        if (answer.IsNull)
            return null;
        var parts = (string[])answer!;
        return KillOrderRecord.Read(id, parts[0]) with { LiftProposal = LiftProposalRecord.Read(parts[1]) };
    }

    public async ValueTask<bool> LiftKillOrderAsync(string id, CancellationToken cancellationToken)
    {
        var lifted = await Task.WhenAll(_keys.All.Select(async shard => (int)await RunAsync(
            RedisScripts.LiftKillOrder,
            shard,
            [shard.Kills, shard.KillOrders, shard.LiftedKillOrder(id), shard.KillLifts],
            [id, RedisTime.Milliseconds(LiftedKept)],
            cancellationToken)));
        return lifted.Sum() > 0;
    }

    public async ValueTask<EndPage> EndMatchingAsync(
        int shard, KillSelector selector, string? cursor, int max, CancellationToken cancellationToken)
    {
        var (ids, next) = await PageOfLiveAsync(shard, cursor, max, cancellationToken);
        // Whether it is covered follows from what never changes, so each may be ended in a step of its own.
        var leases = await LocateAsync(ids, cancellationToken);
        var covered = (await Task.WhenAll(leases
            .Where(lease => KillSelector.Covering(lease).Contains(selector))
            .Select(lease => EndAsync(lease, EndCause.Killed, cancellationToken).AsTask())))
            .ToLookup(one => one.Ended, one => one.Lease);
        return new EndPage(
            [.. covered[true].OfType<Lease>()],
            [.. covered[false].OfType<Lease>().Where(lease => lease.State != LeaseState.Revoked)],
            next);
    }

    /// <summary>A page of what is not revoked, in the order of ids, and the cursor after it; null after the last.</summary>
    private async ValueTask<(LeaseId[] Ids, string? Next)> PageOfLiveAsync(
        int shard, string? cursor, int max, CancellationToken cancellationToken)
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
        return ([.. ids.Select(id => LeaseId.Parse(id!))], ids.Length < max ? null : (string)ids[^1]!);
    }

    private async Task<bool> AddKillOrderToOthersAsync(KillOrder stands, string text, CancellationToken cancellationToken)
    {
        var time = stands.CreateTime.ToUnixTimeMilliseconds();
        var added = await Task.WhenAll(_keys.All.Skip(1).Select(
            shard => AddKillOrderAsync(shard, stands.Id, text, time, cancellationToken)));
        return added.All(order => order is not null);
    }

    /// <returns>The order as it stands in that shard; null when it was lifted there.</returns>
    private async Task<KillOrder?> AddKillOrderAsync(
        ShardKeys shard, string id, string text, RedisValue time, CancellationToken cancellationToken)
    {
        var answer = await RunAsync(
            RedisScripts.AddKillOrder,
            shard,
            [shard.Kills, shard.KillOrders, shard.LiftedKillOrder(id)],
            [id, text, time],
            cancellationToken);
        return answer.IsNull ? null : KillOrderRecord.Read(id, (string)answer!);
    }

    private Task<HashEntry[]> ReadHashAsync(RedisKey key, CancellationToken cancellationToken) => _connection.CallAsync(
        "list-kill-orders", redis => redis.HashGetAllAsync(key, CommandFlags.DemandMaster), cancellationToken).AsTask();
}

/// <summary>
/// An order as its hash keeps it; <c>add-kill-order.lua</c> sets the time. Life is in ms, 0 until it is lifted. Names are stored; they are
/// never renamed.
/// </summary>
internal sealed record KillOrderRecord(string Selector, int Scope, string Value, string Reason, string Actor, long Time, long Life = 0)
{
    public static KillOrderRecord From(KillOrder order) =>
        new(order.Selector.Key, (int)order.Selector.Scope, order.Selector.Value, order.Reason, order.Actor, 0,
            // Rounded up to what the store can hold: no order is shorter than it was given.
            order.Lifetime is { } lifetime ? (long)Math.Ceiling(lifetime.TotalMilliseconds) : 0);

    public static KillOrder Read(string id, string text)
    {
        var record = JsonSerializer.Deserialize(text, KillOrderJson.Default.KillOrderRecord)!;
        return new KillOrder(
            id,
            new KillSelector((KillScope)record.Scope, record.Value),
            record.Reason,
            record.Actor,
            RedisTime.Instant(record.Time))
        {
            Lifetime = record.Life > 0 ? TimeSpan.FromMilliseconds(record.Life) : null,
        };
    }
}

/// <summary>A proposal as its hash keeps it; <c>propose-kill-lift.lua</c> writes it.</summary>
internal sealed record LiftProposalRecord(string Actor, long Time)
{
    public static LiftProposal Read(string text)
    {
        var record = JsonSerializer.Deserialize(text, KillOrderJson.Default.LiftProposalRecord)!;
        return new LiftProposal(record.Actor, RedisTime.Instant(record.Time));
    }
}

[JsonSerializable(typeof(KillOrderRecord))]
[JsonSerializable(typeof(LiftProposalRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class KillOrderJson : JsonSerializerContext;
