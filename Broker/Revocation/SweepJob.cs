using Quartz;
using SecretsBroker.Reconciliation;

namespace SecretsBroker.Revocation;

[DisallowConcurrentExecution]
internal sealed partial class SweepJob(StoreWitness witness, Sweeper sweeper, ILogger<SweepJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // First: what a store that was set back takes for over may have been renewed.
            await witness.FollowAsync(cancellationToken);
            await sweeper.SweepAsync(cancellationToken);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "A sweep failed; the next one follows: {Failure}")]
    private partial void LogFailed(string failure);
}
