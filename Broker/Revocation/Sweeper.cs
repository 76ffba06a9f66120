using System.Collections.Concurrent;
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
    Revoker revoker,
    TargetDebts debts,
    TargetReturns returns,
    BrokerMetrics metrics,
    IOptions<RevocationOptions> options,
    TimeProvider time,
    ILogger<Sweeper> logger)
{
    private const int ConcurrencyWithoutEngine = 4;

    private readonly ConcurrentDictionary<string, Task> _drains = new();
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

        foreach (var (target, shards) in waiting)
        {
            if (engines.Find(target) is { } engine)
            {
                await returns.FollowAsync(engine, shards, cancellationToken);
            }
        }

        foreach (var (target, shards) in due)
        {
            SetToWork(target, shards, cancellationToken);
        }
    }

    /// <summary>Ends when every target that the passes so far set to work has nothing due any more.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_drains.Values).WaitAsync(cancellationToken);

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

    private void SetToWork(string target, List<int> shards, CancellationToken cancellationToken)
    {
        if (_drains.TryGetValue(target, out var running) && !running.IsCompleted)
        {
            return;
        }

        _drains[target] = DrainAsync(target, shards, cancellationToken);
    }

    private async Task DrainAsync(string target, List<int> shards, CancellationToken cancellationToken)
    {
        var engine = engines.Find(target);
        try
        {
            foreach (var shard in shards)
            {
                bool goesOn;
                do
                {
                    // Of what is due at a target that is down a few are tried, once a pass: the others would fail as well, one after the other,
                    // wait the longer for it, and take the store's time from other targets.
                    var isDown = engine?.Revoking.IsDown ?? false;
                    var places = isDown ? engine!.Target.Concurrency : engine?.Capacity ?? ConcurrencyWithoutEngine;
                    var claimed = await RevokeBatchAsync(target, engine, shard, places, cancellationToken);
                    goesOn = claimed == places && !(isDown && engine!.Revoking.IsDown);
                }
                while (goesOn && !cancellationToken.IsCancellationRequested);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // Nobody waits for this task: the next pass starts another.
            metrics.StoreFailed("claim_due");
            LogDrainFailed(target, e is BrokerException known ? known.Message : e.GetType().Name);
        }
    }

    private async Task<int> RevokeBatchAsync(
        string target, TargetEngine? engine, int shard, int places, CancellationToken cancellationToken)
    {
        // Never more than can be worked on at once: a claim does not wait for its turn.
        var asked = time.GetTimestamp();
        var batch = await store.ClaimDueAsync(shard, target, places, options.Value.Claim, cancellationToken);
        await Task.WhenAll(batch.Select(lease => RevokeAsync(lease, asked, engine, cancellationToken)));
        return batch.Count;
    }

    private async Task RevokeAsync(Lease lease, long asked, TargetEngine? engine, CancellationToken cancellationToken)
    {
        using var place = engine is null ? null : await engine.EnterRevokeAsync(cancellationToken);
        _ = await revoker.RevokeClaimedAsync(lease, asked);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} could not be swept: {Failure}")]
    private partial void LogShardFailed(int shard, string failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "What has ended in shard {Shard} could not be brought to its end beneath: {Failure}")]
    private partial void LogNotFinished(int shard, string failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "What is due at target {Target} could not be claimed: {Failure}")]
    private partial void LogDrainFailed(string target, string failure);
}
