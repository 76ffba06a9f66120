using Quartz;

namespace SecretsBroker.KillSwitch;

[DisallowConcurrentExecution]
internal sealed partial class StandingOrdersJob(StandingOrders orders, ILogger<StandingOrdersJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await orders.PassAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // The next pass comes by itself.
            LogFailed(e.GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A pass over the kill orders failed; the next one follows: {Failure}")]
    private partial void LogFailed(string failure);
}
