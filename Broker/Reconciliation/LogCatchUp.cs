using System.Collections.Concurrent;
using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>
/// Tells a store what it forgot: what the audit log says was revoked is ended again, a renewal holds again, and what was issued and the store
/// does not know is revoked. Repeating it changes nothing more.
/// </summary>
internal sealed class LogCatchUp(
    ILeaseStore store, TargetEngines engines, OrphanRemoval removal, IOptions<AuditOptions> audit, TimeProvider time)
{
    private const int AtOnce = 32;

    /// <param name="positions">Up to which record the store is current, by broker; logs of others are not read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BrokerException">The store cannot be asked.</exception>
    /// <exception cref="IOException">A log cannot be read.</exception>
    public async Task<CatchUpReport> RunAsync(IReadOnlyDictionary<string, long> positions, CancellationToken cancellationToken)
    {
        var folder = audit.Value.Folder;
        var logged = new Dictionary<LeaseId, LoggedLease>();
        var since = time.GetUtcNow() - LoggedLeases.Horizon;
        foreach (var broker in Directory.Exists(folder) ? AuditFiles.ListBrokers(folder).Where(positions.ContainsKey) : [])
        {
            await LoggedLeases.ReadAsync(folder, broker, positions[broker], since, logged, cancellationToken);
        }

        var (ended, prolonged) = (0, 0);
        var forgotten = new ConcurrentBag<Lease>();
        var limit = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(logged, limit, async (lease, cancelled) =>
        {
            var (id, said) = lease;
            var found = await store.FindLeaseAsync(id, cancelled);
            if (found is null)
            {
                if (said.ToLease(id) is { } known && (said.Revoked is null || await IsBackAsync(known, cancelled)))
                {
                    forgotten.Add(known);
                }
            }
            else if (said.Revoked is { } cause)
            {
                if (found.State is LeaseState.Pending or LeaseState.Active)
                {
                    await store.EndAsync(id, cause, cancelled);
                    Interlocked.Increment(ref ended);
                }
            }
            else if (said.ExpireTime is { } end && end > found.ExpireTime && await store.ProlongAsync(id, end, cancelled))
            {
                Interlocked.Increment(ref prolonged);
            }
        });
        var gone = await RevokeAsync(forgotten, cancellationToken);
        return new CatchUpReport(logged.Count, ended, prolonged, gone, forgotten.Count - gone);
    }

    /// <summary>
    /// Whether what was proven gone can be used again: a deny list was set back with the store. That the store does not know such a lease proves
    /// nothing, because it forgets them after a while.
    /// </summary>
    private async Task<bool> IsBackAsync(Lease revoked, CancellationToken cancellationToken)
    {
        if (engines.Find(revoked.Target) is not { } engine || engine.Target.Engine != revoked.Engine)
        {
            return false;
        }

        try
        {
            return !(await engine.VerifyAsync(revoked, cancellationToken)).Gone;
        }
        catch (EngineException)
        {
            return true;
        }
    }

    /// <returns>How many are gone.</returns>
    private async Task<int> RevokeAsync(IEnumerable<Lease> forgotten, CancellationToken cancellationToken)
    {
        var gone = 0;
        foreach (var target in forgotten.GroupBy(lease => lease.Target))
        {
            // Without its engine there is no way: it counts as left, until the catalogue has it again or nothing of it can still be of use.
            if (engines.Find(target.Key) is { } engine)
            {
                gone += await removal.RemoveAsync(engine, [.. target.Where(lease => lease.Engine == engine.Target.Engine)], cancellationToken);
            }
        }

        return gone;
    }
}

/// <param name="Leases">That the part of the logs spoke of.</param>
/// <param name="Ended">Active in the store, and revoked by the log.</param>
/// <param name="Prolonged">Renewed by the log to a later end than the store's.</param>
/// <param name="Revoked">Unknown to the store, and now gone at their targets.</param>
/// <param name="Left">Unknown to the store, and not gone.</param>
internal readonly record struct CatchUpReport(int Leases, int Ended, int Prolonged, int Revoked, int Left)
{
    public bool Changed => Ended + Prolonged + Revoked + Left > 0;

    public override string ToString() =>
        $"{Leases} leases looked at, {Ended} ended again, {Prolonged} renewed again, {Revoked} that the store did not know revoked, {Left} not revoked yet";
}
