using System.Collections.Concurrent;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>
/// Takes away at the targets what a store that was set back forgot. It takes as long as they do: minutes, where one that is down has much.
/// </summary>
internal sealed class TargetCatchUp(ILeaseStore store, TargetEngines engines, OrphanRemoval removal)
{
    private const int MaxAtOnce = 32;

    /// <returns>The report of the whole.</returns>
    /// <exception cref="StoreException">The store cannot be told.</exception>
    public async Task<CatchUpReport> RunAsync(CatchUp begun, CancellationToken cancellationToken)
    {
        // Side by side: a target that hangs holds up its own.
        var targets = await Task.WhenAll(begun.Doubts
            .GroupBy(doubt => (doubt.Lease.Target, doubt.Lease.Engine))
            .Select(target => RunAsync(target.Key.Target, target.Key.Engine, [.. target], cancellationToken)));
        var report = begun.Report;
        return report with
        {
            Ended = report.Ended + targets.Sum(target => target.Reopened),
            Revoked = targets.Sum(target => target.Gone),
            Left = targets.Sum(target => target.Left),
        };
    }

    private async Task<(int Reopened, int Gone, int Left)> RunAsync(
        string target, string type, IReadOnlyCollection<CatchUpDoubt> doubts, CancellationToken cancellationToken)
    {
        var forgotten = doubts.Where(doubt => doubt is { IsKnown: false, Revoked: null }).Select(doubt => doubt.Lease).ToList();
        if (engines.Find(target) is not { } engine || engine.Target.Engine != type)
        {
            // Without its engine there is no way: it counts as left, until the catalogue has it again or nothing of it can still be of use.
            return (0, 0, forgotten.Count);
        }

        var reopened = 0;
        // What the store knows as gone at the target itself is gone; only a list that the store keeps can come apart from that.
        var revoked = doubts.Where(doubt =>
            doubt.Revoked is not null && (!doubt.IsKnown || engine.Revocability == Revocability.DenyList));
        foreach (var back in await FindBackAsync(engine, revoked, cancellationToken))
        {
            if (!back.IsKnown)
            {
                forgotten.Add(back.Lease);
            }
            else if (await store.AbandonAsync(back.Lease.Id, back.Revoked!.Value, settled: true, cancellationToken) is not null)
            {
                // The sweep revokes it, with a record of its own.
                reopened++;
            }
        }

        var gone = await removal.RemoveAsync(engine, forgotten, cancellationToken);
        return (reopened, gone, forgotten.Count - gone);
    }

    /// <summary>
    /// What was proven gone and can be used again: a deny list was set back. That the store does not know such a lease proves nothing, because it
    /// forgets them after a while.
    /// </summary>
    private static async Task<IReadOnlyCollection<CatchUpDoubt>> FindBackAsync(
        TargetEngine engine, IEnumerable<CatchUpDoubt> revoked, CancellationToken cancellationToken)
    {
        var back = new ConcurrentBag<CatchUpDoubt>();
        var limit = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(engine.Capacity, MaxAtOnce),
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(revoked, limit, async (doubt, cancelled) =>
        {
            if (await IsBackAsync(engine, doubt.Lease, cancelled))
            {
                back.Add(doubt);
            }
        });
        return back;
    }

    private static async Task<bool> IsBackAsync(TargetEngine engine, Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            return !(await engine.VerifyAsync(lease, cancellationToken)).Gone;
        }
        catch (EngineException)
        {
            return true;
        }
    }
}
