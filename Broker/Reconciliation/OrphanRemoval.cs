using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Reconciliation;

/// <summary>Removes from a target what no lease covers, as a lease would be revoked, and looks whether it is gone.</summary>
internal sealed partial class OrphanRemoval(IAuditSink audit, BrokerMetrics metrics, ILogger<OrphanRemoval> logger)
{
    private const int MaxAtOnce = 256;

    /// <returns>How many are gone; the others could not be removed.</returns>
    public async Task<int> RemoveAsync(TargetEngine engine, IReadOnlyCollection<Lease> orphans, CancellationToken cancellationToken)
    {
        var gone = 0;
        var limit = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(engine.Capacity, MaxAtOnce),
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(orphans, limit, async (orphan, cancelled) =>
        {
            if (await TryRemoveAsync(engine, orphan, cancelled))
            {
                Interlocked.Increment(ref gone);
            }
        });
        metrics.OrphansRemoved(engine.Target.Name, gone);
        return gone;
    }

    private async Task<bool> TryRemoveAsync(TargetEngine engine, Lease orphan, CancellationToken cancellationToken)
    {
        try
        {
            Verification verification;
            // Behind what is being revoked, in the same line: reconciling must not take the places from it.
            using (await engine.EnterRevokeAsync(cancellationToken))
            {
                await engine.RevokeAsync(orphan, cancellationToken);
                verification = await engine.VerifyAsync(orphan, cancellationToken);
            }

            if (!verification.Gone)
            {
                LogFailed(orphan.Id, engine.Target.Name, verification.Evidence);
                return false;
            }

            LogRemoved(orphan.Id, engine.Target.Name);
            await RecordAsync(engine, orphan.Id, verification.Evidence, cancellationToken);
            return true;
        }
        catch (EngineException e)
        {
            LogFailed(orphan.Id, engine.Target.Name, e.Message);
            return false;
        }
    }

    private async Task RecordAsync(TargetEngine engine, LeaseId orphan, string proof, CancellationToken cancellationToken)
    {
        try
        {
            await audit.AppendAsync(ReconciliationRecords.Removed(orphan, engine.Target, proof), cancellationToken);
        }
        catch (AuditException e)
        {
            // Taking access away waits for no disk.
            LogUnrecorded(orphan, engine.Target.Name, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What was made for lease {LeaseId} at target {Target}, and no lease covers, is removed")]
    private partial void LogRemoved(LeaseId leaseId, string target);

    [LoggerMessage(LogLevel.Error, "What was made for lease {LeaseId} at target {Target}, and no lease covers, is not removed: {Failure}")]
    private partial void LogFailed(LeaseId leaseId, string target, string failure);

    [LoggerMessage(LogLevel.Critical, "The removal of {LeaseId} from target {Target} is not in the audit log: {Failure}")]
    private partial void LogUnrecorded(LeaseId leaseId, string target, string failure);
}
