using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>Removes from a target what no lease covers, as a lease would be revoked, and looks whether it is gone.</summary>
internal sealed partial class OrphanRemoval(IAuditSink audit, ILogger<OrphanRemoval> logger)
{
    private const int MaxAtOnce = 256;

    /// <returns>How many are gone; the others could not be removed.</returns>
    public async Task<int> RemoveAsync(TargetEngine engine, IReadOnlyCollection<LeaseId> orphans, CancellationToken cancellationToken)
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
        return gone;
    }

    private async Task<bool> TryRemoveAsync(TargetEngine engine, LeaseId orphan, CancellationToken cancellationToken)
    {
        try
        {
            var lease = Nobody(orphan, engine);
            Verification verification;
            // Behind what is being revoked, in the same line: reconciling must not take the places from it.
            using (await engine.EnterRevokeAsync(cancellationToken))
            {
                await engine.RevokeAsync(lease, cancellationToken);
                verification = await engine.VerifyAsync(lease, cancellationToken);
            }

            if (!verification.Gone)
            {
                LogFailed(orphan, engine.Target.Name, verification.Evidence);
                return false;
            }

            LogRemoved(orphan, engine.Target.Name);
            await RecordAsync(engine, orphan, verification.Evidence, cancellationToken);
            return true;
        }
        catch (EngineException e)
        {
            LogFailed(orphan, engine.Target.Name, e.Message);
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

    /// <summary>All that an engine needs of a lease to revoke it is its id.</summary>
    private static Lease Nobody(LeaseId id, TargetEngine engine) => new()
    {
        Id = id,
        Task = new TaskKey(new WorkloadId(""), new TaskId("")),
        Grant = "",
        Engine = engine.Target.Engine,
        Target = engine.Target.Name,
        Action = "",
        Resource = "",
        DecisionId = "",
    };

    [LoggerMessage(LogLevel.Warning, "What was made for lease {LeaseId} at target {Target}, and no lease covers, is removed")]
    private partial void LogRemoved(LeaseId leaseId, string target);

    [LoggerMessage(LogLevel.Error, "What was made for lease {LeaseId} at target {Target}, and no lease covers, is not removed: {Failure}")]
    private partial void LogFailed(LeaseId leaseId, string target, string failure);

    [LoggerMessage(LogLevel.Critical, "The removal of {LeaseId} from target {Target} is not in the audit log: {Failure}")]
    private partial void LogUnrecorded(LeaseId leaseId, string target, string failure);
}
