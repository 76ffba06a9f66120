using System.Collections.Concurrent;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>
/// Works off what is due, each target by itself, so that none holds up another. A target that is back from an outage starts slowly: groups of
/// few, each followed by a rest, so that its debt takes neither the broker's processors nor its store from what others need at once.
/// </summary>
internal sealed partial class TargetDrains(
    ILeaseStore store,
    TargetEngines engines,
    Revoker revoker,
    BrokerMetrics metrics,
    IOptions<RevocationOptions> options,
    TimeProvider time,
    ILogger<TargetDrains> logger)
{
    private const int ConcurrencyWithoutEngine = 4;

    // A quarter of the time for a handful at once: the others' calls hardly meet one, and 2,000 leases are gone within the slow start.
    private const int SlowStartConcurrency = 4;
    private const int RestsAGroup = 3;

    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, Task> _drains = new();

    /// <summary>Goes on until nothing is due at the target; does not wait for it. One that is at work already stays at it.</summary>
    /// <param name="target">Its name.</param>
    /// <param name="shards">Where something is due.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void SetToWork(string target, IReadOnlyList<int> shards, CancellationToken cancellationToken)
    {
        if (_drains.TryGetValue(target, out var running) && !running.IsCompleted)
        {
            return;
        }

        _drains[target] = DrainAsync(target, shards, cancellationToken);
    }

    /// <summary>Ends when every target that was set to work so far has nothing due any more.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_drains.Values).WaitAsync(cancellationToken);

    private async Task DrainAsync(string target, IReadOnlyList<int> shards, CancellationToken cancellationToken)
    {
        var engine = engines.Find(target);
        try
        {
            foreach (var shard in shards)
            {
                while (await RevokeBatchAsync(target, engine, shard, cancellationToken))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
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

    /// <returns>Whether more may be due, and should be tried now.</returns>
    private async Task<bool> RevokeBatchAsync(string target, TargetEngine? engine, int shard, CancellationToken cancellationToken)
    {
        var wasDown = engine?.Revoking.IsDown ?? false;
        var startsSlowly = !wasDown && engine?.Revoking.SinceReturn < options.Value.SlowStart;
        var places = PlacesAt(engine, wasDown, startsSlowly);

        // Never more than can be worked on at once: a claim does not wait for its turn.
        var asked = time.GetTimestamp();
        var batch = await store.ClaimDueAsync(shard, target, places, options.Value.Claim, cancellationToken);
        await Task.WhenAll(batch.Select(lease => RevokeAsync(lease, asked, engine, cancellationToken)));
        if (batch.Count < places || (wasDown && engine!.Revoking.IsDown))
        {
            return false;
        }

        if (startsSlowly)
        {
            var rest = RestsAGroup * time.GetElapsedTime(asked);
            await Task.Delay(rest < LongestRest ? rest : LongestRest, time, cancellationToken);
        }

        return true;
    }

    private static int PlacesAt(TargetEngine? engine, bool isDown, bool startsSlowly) => engine switch
    {
        null => ConcurrencyWithoutEngine,
        // A few, once a pass: the others would fail as well, one after the other, wait the longer for it, and take the store's time from other targets.
        _ when isDown => engine.Target.Concurrency,
        _ when startsSlowly => Math.Min(engine.Capacity, SlowStartConcurrency),
        _ => engine.Capacity,
    };

    private async Task RevokeAsync(Lease lease, long asked, TargetEngine? engine, CancellationToken cancellationToken)
    {
        using var place = engine is null ? null : await engine.EnterRevokeAsync(cancellationToken);
        _ = await revoker.RevokeClaimedAsync(lease, asked);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What is due at target {Target} could not be claimed: {Failure}")]
    private partial void LogDrainFailed(string target, string failure);
}
