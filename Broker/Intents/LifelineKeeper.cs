using System.Collections.Concurrent;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Intents;

/// <summary>
/// Keeps the tasks alive whose lifeline is open at this broker, and tells their holders what happens to their leases. A beat moves each
/// task's deadline in the store; a broker that dies beats no more, so its tasks are lost unless their agents come back elsewhere.
/// </summary>
internal sealed partial class LifelineKeeper(
    ILeaseStore store, IOptions<TaskOptions> options, BrokerMetrics metrics, ILogger<LifelineKeeper> logger)
{
    private const int BeatsPerCall = 500;
    private const int LeasesPerTask = 200;

    private readonly ConcurrentDictionary<LifelineHold, byte> _holds = new();

    private readonly ConcurrentDictionary<WorkloadId, int> _counts = new();

    public int Count => _holds.Count;

    /// <summary>Whether the workload holds as many as it may here. All lifelines beat together: one caller's must not delay the others'.</summary>
    public bool IsFull(WorkloadId workload) => _counts.GetValueOrDefault(workload) >= options.Value.MaxLifelinesPerWorkload;

    /// <summary>Takes up a lifeline: once this returns it holds.</summary>
    /// <returns>Null when there is no such task; otherwise the hold, whose first event may already be that the task has ended.</returns>
    public async Task<LifelineHold?> HoldAsync(TaskKey task, TimeSpan? grace, CancellationToken cancellationToken)
    {
        var granted = grace ?? options.Value.DefaultGrace;
        // A lifeline may break a whole interval after its last beat, and the grace is promised from the break on.
        var lifeline = new Lifeline(task, granted + options.Value.BeatInterval);
        var beat = (await store.KeepAliveAsync([lifeline], cancellationToken))[0];
        if (!beat.Found)
        {
            return null;
        }

        var hold = new LifelineHold(lifeline, granted, Release);
        _holds.TryAdd(hold, 0);
        _counts.AddOrUpdate(task.Owner, 1, (_, count) => count + 1);
        metrics.LifelineOpened();
        if (beat.Outcome is { } outcome)
        {
            hold.End(outcome);
        }

        return hold;
    }

    /// <summary>One beat of every lifeline that is held here.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        foreach (var holds in _holds.Keys.Chunk(BeatsPerCall))
        {
            try
            {
                await BeatAsync(holds, cancellationToken);
            }
            catch (StoreException e)
            {
                metrics.StoreFailed("keep_alive");
                LogBeatFailed(holds.Length, e.Message);
            }
        }
    }

    private async Task BeatAsync(LifelineHold[] holds, CancellationToken cancellationToken)
    {
        var beats = await store.KeepAliveAsync([.. holds.Select(hold => hold.Lifeline)], cancellationToken);
        var now = await store.GetTimeAsync(cancellationToken);
        foreach (var (hold, beat) in holds.Zip(beats))
        {
            if (beat.Revision != hold.Revision)
            {
                await ObserveAsync(hold, beat.Revision, cancellationToken);
            }

            if (!beat.Found || beat.Outcome is not null)
            {
                // A task that is no longer kept ended long ago; how is not known any more.
                hold.End(beat.Outcome ?? TaskOutcome.Lost);
                continue;
            }

            hold.NoticeEnds(now, options.Value.EndingNotice);
        }
    }

    private async Task ObserveAsync(LifelineHold hold, long revision, CancellationToken cancellationToken)
    {
        var task = hold.Lifeline.Task;
        var page = await store.ListLeasesAsync(task.Owner, task.Id, LeasesPerTask, pageToken: "", cancellationToken);
        hold.Observe(page.Leases);
        hold.Revision = revision;
    }

    private void Release(LifelineHold hold)
    {
        if (_holds.TryRemove(hold, out _))
        {
            var owner = hold.Lifeline.Task.Owner;
            _counts.AddOrUpdate(owner, 0, (_, count) => count - 1);
            _counts.TryRemove(new KeyValuePair<WorkloadId, int>(owner, 0));
            metrics.LifelineClosed();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} lifelines could not be kept alive: {Failure}")]
    private partial void LogBeatFailed(int count, string failure);
}
