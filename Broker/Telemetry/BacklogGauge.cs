using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SecretsBroker.Leases;

namespace SecretsBroker.Telemetry;

/// <summary>The newest backlog of each shard, summed by target when somebody looks.</summary>
internal sealed class BacklogGauge(TimeProvider time)
{
    private readonly ConcurrentDictionary<int, Snapshot> _shards = new();

    public void Set(int shard, IReadOnlyList<TargetBacklog> backlog, DateTimeOffset storeTime) =>
        _shards[shard] = new Snapshot(backlog, storeTime, time.GetTimestamp());

    public IEnumerable<Measurement<long>> Sum(Func<TargetBacklog, long> value) =>
        Entries()
            .GroupBy(entry => entry.Backlog.Target, StringComparer.Ordinal)
            .Select(target => new Measurement<long>(target.Sum(entry => value(entry.Backlog)), Tag(target.Key)));

    public IEnumerable<Measurement<double>> Oldest(Func<TargetBacklog, DateTimeOffset?> since) =>
        Entries()
            .GroupBy(entry => entry.Backlog.Target, StringComparer.Ordinal)
            .Select(target => new Measurement<double>(target.Max(entry => AgeOf(entry, since).TotalSeconds), Tag(target.Key)));

    // The age keeps growing when no sweep brings a newer snapshot: a sweeper that stands still must not look healthy.
    private TimeSpan AgeOf((TargetBacklog Backlog, Snapshot Snapshot) entry, Func<TargetBacklog, DateTimeOffset?> since)
    {
        if (since(entry.Backlog) is not { } oldest)
        {
            return TimeSpan.Zero;
        }

        var age = entry.Snapshot.StoreTime - oldest + time.GetElapsedTime(entry.Snapshot.Timestamp);
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private IEnumerable<(TargetBacklog Backlog, Snapshot Snapshot)> Entries() =>
        _shards.Values.SelectMany(snapshot => snapshot.Backlog, (snapshot, backlog) => (backlog, snapshot));

    private static KeyValuePair<string, object?> Tag(string target) => new(TelemetryNames.Attributes.Target, target);

    private sealed record Snapshot(IReadOnlyList<TargetBacklog> Backlog, DateTimeOffset StoreTime, long Timestamp);
}
