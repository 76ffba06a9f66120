using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;

namespace SecretsBroker.KillSwitch;

/// <summary>Ends what an order covers, page by page through every shard, however often the store fails; and stops when the order is lifted.</summary>
internal sealed partial class KillWalk(
    ILeaseStore store, Backoff backoff, BrokerMetrics metrics, TimeProvider time, ILogger<KillWalk> logger)
{
    private const int PageSize = 200;
    private static readonly TimeSpan StandsInterval = TimeSpan.FromSeconds(1);

    /// <param name="order">In every shard.</param>
    /// <param name="take">Is given each page as it is ended.</param>
    /// <param name="cancellationToken">Stops between two pages.</param>
    /// <exception cref="OperationCanceledException">It was lifted, perhaps at another broker, or the broker stops.</exception>
    public async Task WalkAsync(KillOrder order, Action<EndPage> take, CancellationToken cancellationToken)
    {
        var looked = time.GetTimestamp();
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            string? cursor = null;
            do
            {
                if (time.GetElapsedTime(looked) >= StandsInterval)
                {
                    await MustStandAsync(order, cancellationToken);
                    looked = time.GetTimestamp();
                }

                var page = await EndPageAsync(order, shard, cursor, cancellationToken);
                metrics.LeasesKilled(page.Ended.Count);
                take(page);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }
    }

    /// <summary>One page; what it has ended it does not end again, so it may be repeated.</summary>
    private async Task<EndPage> EndPageAsync(KillOrder order, int shard, string? cursor, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await store.EndMatchingAsync(shard, order.Selector, cursor, PageSize, cancellationToken);
            }
            catch (StoreException e)
            {
                metrics.StoreFailed("end_matching");
                LogStoreFailed(order.Id, e.Message);
            }

            await Task.Delay(backoff.After(failures), time, cancellationToken);
            await MustStandAsync(order, cancellationToken);
        }
    }

    private async Task MustStandAsync(KillOrder order, CancellationToken cancellationToken)
    {
        try
        {
            if (!(await store.ListKillOrdersAsync(cancellationToken)).Any(standing => standing.Id == order.Id))
            {
                throw new OperationCanceledException("lifted");
            }
        }
        catch (StoreException)
        {
            // Not known: what was ordered is carried out.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Kill order {Order}: the store failed, its leases are ended as soon as it is back: {Failure}")]
    private partial void LogStoreFailed(string order, string failure);
}
