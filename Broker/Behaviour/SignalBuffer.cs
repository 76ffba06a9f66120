using SecretsBroker.Identity;

namespace SecretsBroker.Behaviour;

/// <summary>
/// What has happened since it was last written to the store. Counting costs a lease no more than this: a few numbers in memory. Bounded,
/// whoever calls how often, and under whatever names it asks.
/// </summary>
internal sealed class SignalBuffer
{
    // Authenticated ones, between two flushes. Of more than these nothing is counted until the next.
    private const int MaxWorkloads = 10_000;

    private readonly Lock _gate = new();
    private Dictionary<WorkloadId, Counts> _counts = [];

    /// <param name="workload">Who; authenticated, so that nobody counts against another one.</param>
    /// <param name="signal">What.</param>
    /// <param name="resource">The resource that it asked for; empty where it asked for none.</param>
    public void Add(WorkloadId workload, Signal signal, string resource = "")
    {
        var mark = resource.Length == 0 ? "" : ResourceMark.Of(resource);
        lock (_gate)
        {
            if (Find(workload) is { } counts)
            {
                counts.Add(signal, mark);
            }
        }
    }

    /// <summary>What is counted of a workload and not in the store yet; null when there is nothing.</summary>
    public SignalDelta? Peek(WorkloadId workload)
    {
        lock (_gate)
        {
            return _counts.TryGetValue(workload, out var counts) ? counts.ToDelta(workload) : null;
        }
    }

    /// <summary>Takes all of it, for good.</summary>
    public IReadOnlyList<SignalDelta> Take()
    {
        Dictionary<WorkloadId, Counts> taken;
        lock (_gate)
        {
            if (_counts.Count == 0)
            {
                return [];
            }

            (taken, _counts) = (_counts, []);
        }

        return [.. taken.Select(entry => entry.Value.ToDelta(entry.Key))];
    }

    private Counts? Find(WorkloadId workload)
    {
        if (_counts.TryGetValue(workload, out var counts))
        {
            return counts;
        }

        if (_counts.Count >= MaxWorkloads)
        {
            return null;
        }

        return _counts[workload] = new Counts();
    }

    private sealed class Counts
    {
        private readonly int[] _events = new int[Enum.GetValues<Signal>().Length];
        private readonly HashSet<string> _resources = [];

        public void Add(Signal signal, string mark)
        {
            _events[(int)signal]++;
            Remember(mark);
        }

        public SignalDelta ToDelta(WorkloadId workload) => new(
            workload,
            _events[(int)Signal.Issued],
            _events[(int)Signal.Denied],
            _events[(int)Signal.Violated],
            _events[(int)Signal.Failed],
            [.. _resources]);

        private void Remember(string mark)
        {
            if (mark.Length > 0 && _resources.Count < ISignalStore.MaxResources)
            {
                _resources.Add(mark);
            }
        }
    }
}
