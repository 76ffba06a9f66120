using System.Collections.Concurrent;
using SecretsBroker.Catalog;
using SecretsBroker.Leases;

namespace SecretsBroker.Revocation;

/// <summary>
/// What each target owes: leases that should be gone there and are not, in the whole store, as this broker's last sweep of each shard saw it.
/// </summary>
internal sealed class TargetDebts(TimeProvider time)
{
    private readonly ConcurrentDictionary<int, Snapshot> _shards = new();

    public void Set(int shard, IReadOnlyList<TargetBacklog> backlog, DateTimeOffset storeTime) =>
        _shards[shard] = new Snapshot(backlog, storeTime, time.GetTimestamp());

    /// <summary>Of every target that has leases.</summary>
    public IReadOnlyDictionary<string, TargetDebt> All => Sum(_ => true);

    public TargetDebt Of(string target) => Sum(backlog => backlog.Target == target).GetValueOrDefault(target, TargetDebt.None);

    private Dictionary<string, TargetDebt> Sum(Func<TargetBacklog, bool> isWanted)
    {
        var all = new Dictionary<string, TargetDebt>(StringComparer.Ordinal);
        foreach (var snapshot in _shards.Values)
        {
            foreach (var backlog in snapshot.Backlog.Where(isWanted))
            {
                // Grows when no sweep brings a newer snapshot: a sweeper that stands still must not look healthy.
                var age = backlog.OldestDebt is { } oldest ? snapshot.StoreTime - oldest + time.GetElapsedTime(snapshot.Timestamp) : TimeSpan.Zero;
                all[backlog.Target] = all.GetValueOrDefault(backlog.Target, TargetDebt.None).Plus(backlog, age);
            }
        }

        return all;
    }

    private sealed record Snapshot(IReadOnlyList<TargetBacklog> Backlog, DateTimeOffset StoreTime, long Timestamp);
}

/// <param name="Live">Leases that are not revoked.</param>
/// <param name="Count">How many of them should be gone.</param>
/// <param name="Waiting">How many of these failed, and wait for their next try.</param>
/// <param name="Stuck">How many failed often.</param>
/// <param name="Age">For how long the oldest should be gone; zero when there is none.</param>
internal sealed record TargetDebt(long Live, long Count, long Waiting, long Stuck, TimeSpan Age)
{
    public static TargetDebt None { get; } = new(0, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether so much is owed that nothing may be issued there.</summary>
    public bool Exceeds(Target target) =>
        (target.MaxDebt > 0 && Count > target.MaxDebt) || (target.MaxDebtAge is { } limit && Age > limit);

    public TargetDebt Plus(TargetBacklog backlog, TimeSpan age) => new(
        Live + backlog.Live, Count + backlog.Debt, Waiting + backlog.Waiting, Stuck + backlog.Stuck, age > Age ? age : Age);
}
