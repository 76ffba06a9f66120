using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation.Recheck;

/// <summary>Ends leases that policy no longer allows, has them revoked, and records for each which policies said so.</summary>
internal sealed partial class DeniedLeases(
    ILeaseStore store,
    Revoker revoker,
    CurrentPolicies policies,
    IAuditSink audit,
    BrokerMetrics metrics,
    ILogger<DeniedLeases> logger)
{
    private const int EndingAtOnce = 8;
    private const int RecordingAtOnce = 64;

    // What is more is due all the same, and the sweep takes it, each target's as fast as the target allows.
    private const int RevokedBeforeTheSweep = 200;

    /// <summary>Stops early when other policies come into force: theirs is the next pass.</summary>
    /// <returns>How many are ended, and whether a failure or newer policies left some.</returns>
    public async Task<(int Ended, bool LeftSome)> RevokeAsync(
        IReadOnlyList<DeniedLease> denied, string policyHash, CancellationToken cancellationToken)
    {
        var ended = new List<(Lease Lease, PolicyAnswer Answer)>();
        var leftSome = false;
        foreach (var some in denied.Chunk(EndingAtOnce))
        {
            if (policies.Snapshot.Hash != policyHash)
            {
                leftSome = true;
                break;
            }

            var leases = await Task.WhenAll(some.Select(one => EndAsync(one.Id, cancellationToken)));
            foreach (var (one, (lease, failed)) in some.Zip(leases))
            {
                leftSome |= failed;
                // The first cause stands: what has ended otherwise meanwhile is not this pass's doing.
                if (lease is not { Cause: EndCause.Policy })
                {
                    continue;
                }

                ended.Add((lease, one.Answer));
                if (ended.Count <= RevokedBeforeTheSweep)
                {
                    revoker.RevokeSoon(lease.Id);
                }
            }
        }

        // Afterwards, and whether or not it succeeds: taking access away never waits for the record.
        foreach (var some in ended.Chunk(RecordingAtOnce))
        {
            await Task.WhenAll(some.Select(one => RecordAsync(one.Lease, one.Answer, policyHash, cancellationToken)));
        }

        return (ended.Count, leftSome);
    }

    private async Task<(Lease? Lease, bool Failed)> EndAsync(LeaseId id, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.EndAsync(id, EndCause.Policy, cancellationToken), Failed: false);
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("end");
            LogNotEnded(id, e.Message);
            return (null, Failed: true);
        }
    }

    private async Task RecordAsync(Lease lease, PolicyAnswer answer, string policyHash, CancellationToken cancellationToken)
    {
        try
        {
            await audit.AppendAsync(RecheckRecords.Denied(lease, answer, policyHash), cancellationToken);
        }
        catch (AuditException e)
        {
            LogNotRecorded(lease.Id, policyHash, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Lease {LeaseId} is no longer allowed and could not be ended; the next pass tries again: {Failure}")]
    private partial void LogNotEnded(LeaseId leaseId, string failure);

    [LoggerMessage(LogLevel.Error, "That policies {PolicyHash} no longer allow lease {LeaseId} is not in the audit log: {Failure}")]
    private partial void LogNotRecorded(LeaseId leaseId, string policyHash, string failure);
}
