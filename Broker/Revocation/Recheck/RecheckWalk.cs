using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <summary>
/// Asks about every live lease, page by page through all shards. It keeps to its rate and its few questions at once, holds no place at
/// a target and locks nothing, so that issuing goes on beside it.
/// </summary>
internal sealed partial class RecheckWalk(
    ILeaseStore store,
    LeaseAsker asker,
    CurrentPolicies policies,
    BrokerMetrics metrics,
    IOptions<RecheckOptions> options,
    TimeProvider time,
    ILogger<RecheckWalk> logger)
{
    private const int PageSize = 100;

    // An engine that is out of reach would be waited for once for each lease.
    private const int MaxFailuresInARow = 50;

    /// <returns>Null when other policies came into force meanwhile: what was answered does not count any more.</returns>
    public async Task<RecheckTally?> AskAllAsync(string policyHash, CancellationToken cancellationToken)
    {
        var walk = new Progress(policyHash, new RecheckTally(), time.GetTimestamp());
        for (var shard = 0; shard < store.ShardCount && walk.GoesOn; shard++)
        {
            try
            {
                await AskShardAsync(shard, walk, cancellationToken);
            }
            catch (StoreException e)
            {
                metrics.StoreFailed("list_live");
                LogShardFailed(shard, e.Message);
                walk.Tally.IsIncomplete = true;
            }
        }

        return policies.Snapshot.Hash == policyHash ? walk.Tally : null;
    }

    private async Task AskShardAsync(int shard, Progress walk, CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            await KeepToRateAsync(walk, cancellationToken);
            var page = await store.ListLiveAsync(shard, cursor, PageSize, cancellationToken);
            await AskPageAsync(page.Leases, walk, cancellationToken);
            cursor = page.NextCursor;
            if (policies.Snapshot.Hash != walk.PolicyHash)
            {
                walk.GoesOn = false;
            }
            else if (walk.FailuresInARow >= MaxFailuresInARow)
            {
                (walk.GoesOn, walk.Tally.IsIncomplete) = (false, true);
            }
        }
        while (cursor is not null && walk.GoesOn);
    }

    private async Task AskPageAsync(IReadOnlyList<LiveLease> page, Progress walk, CancellationToken cancellationToken)
    {
        if (page.Count == 0)
        {
            return;
        }

        var now = await store.GetTimeAsync(cancellationToken);
        foreach (var some in page.Chunk(options.Value.Concurrency))
        {
            var verdicts = await Task.WhenAll(some.Select(live => asker.AskAsync(live, now, walk.PolicyHash, cancellationToken)));
            foreach (var (live, verdict) in some.Zip(verdicts))
            {
                walk.Tally.Add(live.Lease, verdict);
                walk.FailuresInARow = verdict.Kind == RecheckVerdict.Failed ? walk.FailuresInARow + 1 : 0;
            }
        }

        walk.Looked += page.Count;
    }

    private async Task KeepToRateAsync(Progress walk, CancellationToken cancellationToken)
    {
        var ahead = TimeSpan.FromSeconds((double)walk.Looked / options.Value.MaxPerSecond) - time.GetElapsedTime(walk.Start);
        if (ahead > TimeSpan.Zero)
        {
            await Task.Delay(ahead, time, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The live leases of shard {Shard} could not be asked about; the next pass tries again: {Failure}")]
    private partial void LogShardFailed(int shard, string failure);

    private sealed class Progress(string policyHash, RecheckTally tally, long start)
    {
        public string PolicyHash => policyHash;

        public RecheckTally Tally => tally;

        public long Start => start;

        public long Looked { get; set; }

        public int FailuresInARow { get; set; }

        public bool GoesOn { get; set; } = true;
    }
}
