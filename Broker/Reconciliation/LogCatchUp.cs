using System.Collections.Concurrent;
using SecretsBroker.Audit;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>
/// Tells a store what it forgot: what the audit log says was revoked is ended again, and a renewal holds again. It asks nobody but the store;
/// what only the targets can tell is left to <see cref="TargetCatchUp"/>. Repeating it changes nothing more.
/// </summary>
internal sealed class LogCatchUp(ILeaseStore store, IOptions<AuditOptions> audit, TimeProvider time)
{
    private const int AtOnce = 32;

    /// <param name="positions">Up to which record the store is current, by broker; logs of others are not read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BrokerException">The store cannot be asked.</exception>
    /// <exception cref="IOException">A log cannot be read.</exception>
    public async Task<CatchUp> RunAsync(IReadOnlyDictionary<string, long> positions, CancellationToken cancellationToken)
    {
        var folder = audit.Value.Folder;
        var logged = new Dictionary<LeaseId, LoggedLease>();
        var since = time.GetUtcNow() - LoggedLeases.Horizon;
        foreach (var broker in Directory.Exists(folder) ? AuditFiles.ListBrokers(folder).Where(positions.ContainsKey) : [])
        {
            await LoggedLeases.ReadAsync(folder, broker, positions[broker], since, logged, cancellationToken);
        }

        var (ended, prolonged) = (0, 0);
        var doubts = new ConcurrentBag<CatchUpDoubt>();
        var limit = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(logged, limit, async (lease, cancelled) =>
        {
            var (id, said) = lease;
            var found = await store.FindLeaseAsync(id, cancelled);
            if (found is null)
            {
                if (said.ToLease(id) is { } issued)
                {
                    doubts.Add(new CatchUpDoubt(issued, IsKnown: false, said.Revoked));
                }
            }
            else if (said.Revoked is { } cause)
            {
                if (found.State is LeaseState.Pending or LeaseState.Active)
                {
                    await store.EndAsync(id, cause, cancelled);
                    Interlocked.Increment(ref ended);
                }
                else if (found.GoneTime is not null)
                {
                    // A deny list lies in another part of the store than the lease, and may have been set back alone.
                    doubts.Add(new CatchUpDoubt(found, IsKnown: true, cause));
                }
            }
            else if (said.ExpireTime is { } end && end > found.ExpireTime && await store.ProlongAsync(id, end, cancelled))
            {
                Interlocked.Increment(ref prolonged);
            }
        });
        return new CatchUp(new CatchUpReport(logged.Count, ended, prolonged, Revoked: 0, Left: 0), doubts);
    }
}
