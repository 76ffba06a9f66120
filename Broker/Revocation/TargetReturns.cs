using System.Collections.Concurrent;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>
/// Cuts the delays of a target's backlog short when the target is back. While it is down, one of the leases that wait is tried now and then;
/// once a revocation succeeds, all of them are due.
/// </summary>
internal sealed partial class TargetReturns(
    ILeaseStore store, BrokerMetrics metrics, IOptions<RevocationOptions> options, TimeProvider time, ILogger<TargetReturns> logger)
{
    // One step of the store holds up all its other callers, and a pass all its other targets.
    private const int LeasesAStep = 500;
    private const int StepsAPass = 4;

    // Bounded: what fails again meanwhile waits again.
    private const int MaxPasses = 100;

    private readonly ConcurrentDictionary<string, Watch> _watches = new();

    /// <summary>For a target with leases that wait for their next try. Never throws for the store: the next pass comes by itself.</summary>
    /// <param name="engine">The target's.</param>
    /// <param name="shards">Where they are.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task FollowAsync(TargetEngine engine, IReadOnlyList<int> shards, CancellationToken cancellationToken)
    {
        var target = engine.Target.Name;
        var watch = _watches.GetOrAdd(target, _ => new Watch());
        try
        {
            if (engine.Revoking.Current.Status == HealthStatus.Up)
            {
                await PullAllAsync(engine, watch, shards, cancellationToken);
            }
            else if (watch.IsTurn(options.Value.ProbeInterval, time))
            {
                // One lease is enough to see, and each in its turn: one that fails for itself must not speak for the target.
                await store.PullForwardAsync(shards[watch.Turn++ % shards.Count], target, 1, cancellationToken);
                watch.LastPull = time.GetTimestamp();
            }
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("pull_forward");
            LogFailed(target, e.Message);
        }
    }

    private async Task PullAllAsync(TargetEngine engine, Watch watch, IReadOnlyList<int> shards, CancellationToken cancellationToken)
    {
        var health = engine.Revoking.Current;
        if (watch.Return != health)
        {
            (watch.Return, watch.Returned, watch.IsDone, watch.PassesLeft) = (health, time.GetTimestamp(), false, MaxPasses);
        }
        else if (watch.PassesLeft == 0)
        {
            if (watch.IsDone || time.GetElapsedTime(watch.Returned) < engine.Target.Timeout)
            {
                return;
            }

            // Again: calls that were under way when it came back may have failed since, and their leases wait long.
            (watch.IsDone, watch.PassesLeft) = (true, MaxPasses);
        }

        var (pulled, mayBeMore) = (0, false);
        foreach (var shard in shards)
        {
            var (some, steps) = (LeasesAStep, 0);
            while (some == LeasesAStep && steps++ < StepsAPass)
            {
                some = await store.PullForwardAsync(shard, engine.Target.Name, LeasesAStep, cancellationToken);
                pulled += some;
            }

            mayBeMore |= some == LeasesAStep;
        }

        watch.PassesLeft = mayBeMore ? watch.PassesLeft - 1 : 0;
        if (pulled > 0)
        {
            LogPulled(pulled, engine.Target.Name);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} leases that waited for target {Target} are due again: it is back")]
    private partial void LogPulled(int count, string target);

    [LoggerMessage(LogLevel.Warning, "What waits for target {Target} could not be pulled forward; the next sweep tries again: {Failure}")]
    private partial void LogFailed(string target, string failure);

    private sealed class Watch
    {
        public int Turn { get; set; }

        public long? LastPull { get; set; }

        public CallHealth.State? Return { get; set; }

        public long Returned { get; set; }

        public bool IsDone { get; set; }

        public int PassesLeft { get; set; }

        public bool IsTurn(TimeSpan interval, TimeProvider time) => LastPull is not { } last || time.GetElapsedTime(last) >= interval;
    }
}
