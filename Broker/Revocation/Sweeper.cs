using SecretsBroker.Engines;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>
/// The net below: one pass ends lost tasks, brings changes of delegations to their end and sets each target that has something due to work. A pass does not wait for the
/// targets, so that none of them can hold up the next pass or another target.
/// </summary>
internal sealed partial class Sweeper(
    ILeaseStore store,
    TargetEngines engines,
    IDelegationStore changes,
    TaskEnder tasks,
    DelegationEnder ender,
    DelegationNarrower narrower,
    TargetDrains drains,
    TargetDebts debts,
    TargetReturns returns,
    BrokerMetrics metrics,
    IOptions<RevocationOptions> options,
    TimeProvider time,
    ILogger<Sweeper> logger)
{
    private long _reachableSince = time.GetTimestamp();

    /// <summary>One pass over all shards. Failures of one shard do not keep the others from their turn.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var due = new Dictionary<string, List<int>>();
        var waiting = new Dictionary<string, List<int>>();
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            try
            {
                // First: what is to be ended beneath may lie in another shard, which may be down.
                foreach (var backlog in await ReadBacklogAsync(shard, cancellationToken))
                {
                    Note(due, backlog.Target, shard, backlog.Due);
                    Note(waiting, backlog.Target, shard, backlog.Waiting);
                }

                await EndLostTasksAsync(shard, cancellationToken);
                await FinishDelegationChangesAsync(shard, cancellationToken);
            }
            catch (StoreException e)
            {
                _reachableSince = time.GetTimestamp();
                metrics.StoreFailed("sweep");
                LogShardFailed(shard, e.Message);
            }
        }

        foreach (var engine in engines.All)
        {
            metrics.SetTarget(engine.Target.Name, EngineOperation.Issue, engine.Issuing.IsDown);
            metrics.SetTarget(engine.Target.Name, EngineOperation.Revoke, engine.Revoking.IsDown);
        }

        foreach (var (target, shards) in due)
        {
            drains.SetToWork(target, shards, cancellationToken);
        }

        foreach (var (target, shards) in waiting)
        {
            if (engines.Find(target) is { } engine)
            {
                await returns.FollowAsync(engine, shards, cancellationToken);
            }
        }
    }

    private async Task EndLostTasksAsync(int shard, CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_reachableSince) < options.Value.OutageGrace)
        {
            return;
        }

        // Together: a slow audit log must not hold up the pass once for each of them.
        var lost = await store.EndLostTasksAsync(shard, options.Value.BatchSize, cancellationToken);
        await Task.WhenAll(lost.Select(ended => TryAsync(shard, () => tasks.FollowUpAsync(ended, cancellationToken))));
    }

    /// <summary>What a broker that died, or lost the store, has begun.</summary>
    private async Task FinishDelegationChangesAsync(int shard, CancellationToken cancellationToken)
    {
        var begun = await changes.ListDelegationChangesAsync(shard, options.Value.BatchSize, cancellationToken);
        await Task.WhenAll(begun.Select(
            change => TryAsync(shard, () => change.IsEnd ? ender.FinishAsync(change) : narrower.FinishAsync(change))));
    }

    /// <summary>What does not succeed is noted in the store, and found by the next pass.</summary>
    private async Task TryAsync(int shard, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (BrokerException e)
        {
            metrics.StoreFailed("finish_change");
            LogNotFinished(shard, e.Message);
        }
    }

    private async Task<IReadOnlyList<TargetBacklog>> ReadBacklogAsync(int shard, CancellationToken cancellationToken)
    {
        var backlog = await store.ReadBacklogAsync(shard, cancellationToken);
        var now = await store.GetTimeAsync(cancellationToken);
        metrics.SetBacklog(shard, backlog, now);
        debts.Set(shard, backlog, now);
        return backlog;
    }

    private static void Note(Dictionary<string, List<int>> shardsOf, string target, int shard, long leases)
    {
        if (leases == 0)
        {
            return;
        }

        if (!shardsOf.TryGetValue(target, out var shards))
        {
            shardsOf[target] = shards = [];
        }

        shards.Add(shard);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} could not be swept: {Failure}")]
    private partial void LogShardFailed(int shard, string failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "What has ended in shard {Shard} could not be brought to its end beneath: {Failure}")]
    private partial void LogNotFinished(int shard, string failure);
}
