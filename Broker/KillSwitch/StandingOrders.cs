using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.KillSwitch;

/// <summary>
/// The net below the kill switch: one pass looks at the orders that stand and carries out what nobody has, because the broker that was
/// at it died, or lost the store between two shards; and clears away those whose time is over. It costs one look at each shard when
/// there is nothing to do.
/// </summary>
internal sealed partial class StandingOrders(
    ILeaseStore store, KillExecutor executor, KillRecords records, BrokerMetrics metrics, TimeProvider time, ILogger<StandingOrders> logger)
{
    /// <summary>An order that another broker was given is left to it for so long.</summary>
    public static readonly TimeSpan TakeOverDelay = TimeSpan.FromSeconds(5);

    // Nothing waits for it: what covers nothing any more is only put on the record and cleared away.
    private const int PassesBetweenClearings = 30;

    private readonly Dictionary<string, long> _seen = [];
    private bool _started;
    private bool _someEnd;
    private int _passes;

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        await records.WriteUnwrittenAsync();
        try
        {
            // Before the list: an order that is given meanwhile is not on it, and stands.
            var known = executor.Known();
            var orders = await store.ListKillOrdersAsync(cancellationToken);
            metrics.SetKillOrders(orders.Count);
            Forget(known, orders.Select(order => order.Id).ToHashSet(StringComparer.Ordinal));
            foreach (var order in orders)
            {
                await LookAtAsync(order, cancellationToken);
            }

            _started = true;
            await ClearExpiredAsync(orders, cancellationToken);
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("kill_orders");
            LogFailed(e.Message);
        }
    }

    private async Task LookAtAsync(KillOrder order, CancellationToken cancellationToken)
    {
        if (executor.IsAtOrDone(order.Id))
        {
            return;
        }

        // What stands when this broker starts may have been given to the one that it replaces.
        _seen.TryAdd(order.Id, time.GetTimestamp());
        if (_started && time.GetElapsedTime(_seen[order.Id]) < TakeOverDelay)
        {
            return;
        }

        // False when a lift got only as far as some shards: it is listed until somebody lifts it in all of them.
        if (await store.SpreadKillOrderAsync(order, cancellationToken))
        {
            executor.Start(order);
            await records.MakeSureOfAsync(order, cancellationToken);
        }
    }

    /// <summary>Records the end of orders whose time is over, and lifts them. In that order: an end that nobody can read about is repeated.</summary>
    private async Task ClearExpiredAsync(IReadOnlyList<KillOrder> standing, CancellationToken cancellationToken)
    {
        // Looked for where some were seen to have an end, and now and then for those that came and went between two passes.
        var look = _someEnd || _passes++ % PassesBetweenClearings == 0;
        _someEnd = standing.Any(order => order.ExpireTime is not null);
        if (!look)
        {
            return;
        }

        foreach (var order in await store.ListExpiredKillOrdersAsync(cancellationToken))
        {
            if (!await records.RecordExpiryAsync(order, cancellationToken))
            {
                _someEnd = true;
                continue;
            }

            await store.LiftKillOrderAsync(order.Id, cancellationToken);
            executor.Lifted(order.Id);
            LogExpired(order.Id, $"{order.Selector}");
        }
    }

    private void Forget(IReadOnlyCollection<string> known, HashSet<string> standing)
    {
        foreach (var lifted in known.Where(order => !standing.Contains(order)))
        {
            executor.Lifted(lifted);
        }

        foreach (var lifted in _seen.Keys.Where(order => !standing.Contains(order)).ToList())
        {
            _seen.Remove(lifted);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The time of kill order {Order} on {Selector} is over: what it covered may be issued again")]
    private partial void LogExpired(string order, string selector);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The kill orders could not be read; they stand all the same, and are looked at again: {Failure}")]
    private partial void LogFailed(string failure);
}
