using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Approvals;

/// <summary>One pass tells the gauges how many requests are pending and how many reviews are open.</summary>
internal sealed partial class ApprovalCensus(IApprovalStore approvals, BrokerMetrics metrics, ILogger<ApprovalCensus> logger)
{
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            metrics.SetApprovals(await approvals.CountAsync(cancellationToken));
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("approvals");
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The pending approvals and open reviews could not be counted: {Failure}")]
    private partial void LogFailed(string failure);
}
