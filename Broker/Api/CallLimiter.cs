using System.Collections.Concurrent;
using SecretsBroker.Identity;
using SecretsBroker.Issuance;

namespace SecretsBroker.Api;

/// <summary>
/// How often a workload may call this broker. The store's rate counts reservations only, and comes after the decision is on the record:
/// without this one, a single caller whose intents are denied fills the audit log's disk, upon which nothing is issued to anybody.
/// </summary>
internal sealed partial class CallLimiter(IOptions<IssuanceOptions> options, TimeProvider time, ILogger<CallLimiter> logger)
{
    /// <summary>Calls for each reservation that a workload may make: a lease is started, renewed, reported, looked at and ended.</summary>
    public const int CallsPerIssue = 20;

    private const int RememberedBeforePruning = 10_000;
    private static readonly TimeSpan Burst = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    // A leaky bucket each, as the instant at which it is empty: what is past says nothing any more.
    private readonly ConcurrentDictionary<WorkloadId, long> _emptyAt = new();
    private readonly Lock _gate = new();
    private long? _pruned;
    private long? _logged;

    /// <summary>How many workloads are remembered.</summary>
    public int Count => _emptyAt.Count;

    /// <summary>Counts one call. False when the workload has to wait.</summary>
    public bool TryTake(WorkloadId workload)
    {
        var perMinute = (long)options.Value.MaxIssuesPerMinute * CallsPerIssue;
        if (perMinute == 0)
        {
            return true;
        }

        var cost = Burst.TotalSeconds * time.TimestampFrequency / perMinute;
        var now = time.GetTimestamp();
        Prune(now);
        while (true)
        {
            var known = _emptyAt.TryGetValue(workload, out var emptyAt);
            var next = Math.Max(emptyAt, now) + (long)Math.Max(1, cost);
            if (known && time.GetElapsedTime(now, next) > Burst)
            {
                Log(workload, perMinute, now);
                return false;
            }

            if (known ? _emptyAt.TryUpdate(workload, next, emptyAt) : _emptyAt.TryAdd(workload, next))
            {
                return true;
            }
        }
    }

    private void Prune(long now)
    {
        if (_emptyAt.Count < RememberedBeforePruning || !IsDue(ref _pruned, now, Burst))
        {
            return;
        }

        foreach (var entry in _emptyAt.Where(entry => entry.Value <= now))
        {
            _emptyAt.TryRemove(entry);
        }
    }

    private void Log(WorkloadId workload, long perMinute, long now)
    {
        if (IsDue(ref _logged, now, LogInterval))
        {
            LogRefused(workload, perMinute);
        }
    }

    private bool IsDue(ref long? last, long now, TimeSpan interval)
    {
        lock (_gate)
        {
            if (last is { } before && time.GetElapsedTime(before, now) < interval)
            {
                return false;
            }

            last = now;
            return true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Workload} calls oftener than {PerMinute} times a minute and is refused; told once in a while")]
    private partial void LogRefused(WorkloadId workload, long perMinute);
}
