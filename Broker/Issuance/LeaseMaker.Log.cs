using SecretsBroker.Leases;

namespace SecretsBroker.Issuance;

internal sealed partial class LeaseMaker
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Lease {LeaseId} issued by decision {DecisionId} under grant {Grant} until {ExpireTime:O}")]
    private partial void LogIssued(LeaseId leaseId, string decisionId, string grant, DateTimeOffset expireTime);

    [LoggerMessage(Level = LogLevel.Information, Message = "Decision {DecisionId} was not served: {Reason} {KillOrder}")]
    private partial void LogRefused(string decisionId, RefusalReason reason, string killOrder);

    private void LogIssueFailed(LeaseId leaseId, string target, Exception exception) =>
        LogIssueFailed(leaseId, target, exception is BrokerException known ? known.Message : exception.GetType().Name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lease {LeaseId} could not be issued at target {Target} and is being undone: {Failure}")]
    private partial void LogIssueFailed(LeaseId leaseId, string target, string failure);
}
