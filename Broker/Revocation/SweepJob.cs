using Quartz;
using SecretsBroker.Reconciliation;

namespace SecretsBroker.Revocation;

[DisallowConcurrentExecution]
internal sealed partial class SweepJob(
    StoreWitness witness, Sweeper sweeper, IHostApplicationLifetime lifetime, ILogger<SweepJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        // Reading a long log takes its time, and a broker that stops does not wait for it; what a sweep has in hand it finishes.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            // First: what a store that was set back takes for over may have been renewed.
            await witness.FollowAsync(stopping.Token);
            await sweeper.SweepAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
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
