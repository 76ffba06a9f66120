using SecretsBroker.Leases;

namespace SecretsBroker.Revocation;

internal sealed partial class Revoker
{
    [LoggerMessage(Level = LogLevel.Information,
        Message = "Lease {LeaseId} revoked ({Cause}) at target {Target} on attempt {Attempt}, {Lag} after it was due")]
    private partial void LogRevoked(LeaseId leaseId, EndCause cause, string target, int attempt, TimeSpan lag);

    [LoggerMessage(Message = "Lease {LeaseId} is not revoked at target {Target} after attempt {Attempt}, next in {Delay}: {Failure}")]
    private partial void LogFailed(LogLevel level, LeaseId leaseId, string target, int attempt, TimeSpan delay, string failure);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Lease {LeaseId} at target {Target} took longer than its claim of {Claim}: whoever claims it next goes on")]
    private partial void LogClaimOver(LeaseId leaseId, string target, TimeSpan claim);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store failed to {Operation} lease {LeaseId}; the sweep will: {Failure}")]
    private partial void LogStoreFailed(string operation, LeaseId leaseId, string failure);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Stopping with {Count} revocations under way; the next sweep, here or at another broker, takes them up")]
    private partial void LogStoppedEarly(int count);
}
