using System.Collections.Concurrent;
using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Behaviour;

/// <summary>
/// How a workload has behaved, for a decision about it. What the store said is good for as long as the brokers take to write down what they
/// count, so that a workload that calls often does not cost a question each time; what this broker has counted since is added to it.
/// </summary>
internal sealed class SignalReader(ISignalStore store, SignalBuffer buffer, IOptions<BehaviourOptions> options, TimeProvider time)
{
    private const int MaxRemembered = 20_000;

    private readonly ConcurrentDictionary<WorkloadId, Known> _known = new();

    /// <exception cref="StoreException">The store cannot be asked: nothing is to be issued without knowing.</exception>
    public async ValueTask<BehaviourSignals> ReadAsync(WorkloadId workload, CancellationToken cancellationToken)
    {
        SignalLevels levels;
        if (_known.TryGetValue(workload, out var known) && IsFresh(known))
        {
            levels = known.Levels;
        }
        else
        {
            levels = await store.ReadSignalsAsync(workload, options.Value.HalfLife, cancellationToken);
            Remember(workload, levels);
        }

        return Together(levels, buffer.Peek(workload)).Round();
    }

    /// <summary>What the store has said just now.</summary>
    public void Remember(WorkloadId workload, SignalLevels levels)
    {
        if (_known.Count < MaxRemembered)
        {
            _known[workload] = new Known(levels, time.GetTimestamp());
        }
    }

    /// <summary>Drops what is not fresh any more.</summary>
    public void Trim()
    {
        foreach (var (workload, known) in _known)
        {
            if (!IsFresh(known))
            {
                _known.TryRemove(workload, out _);
            }
        }
    }

    public void Forget(WorkloadId workload) => _known.TryRemove(workload, out _);

    private bool IsFresh(Known known) => time.GetElapsedTime(known.Timestamp) < options.Value.FlushInterval;

    // Which of the resources the store knows already cannot be seen here; more than it knows there are at least.
    private static SignalLevels Together(SignalLevels levels, SignalDelta? since) => since is null ? levels : new SignalLevels(
        levels.Issues + since.Issues,
        levels.Denials + since.Denials,
        Math.Max(levels.Resources, since.Resources.Count),
        levels.Violations + since.Violations,
        levels.Failures + since.Failures);

    private readonly record struct Known(SignalLevels Levels, long Timestamp);
}
