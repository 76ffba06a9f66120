using Quartz;

namespace SecretsBroker.Revocation.Recheck;

[DisallowConcurrentExecution]
internal sealed partial class RecheckJob(PolicyRecheck recheck, IHostApplicationLifetime lifetime, ILogger<RecheckJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        // A pass may take minutes, and a broker that stops does not wait for it.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await recheck.RunAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogFailed(e is BrokerException known ? known.Message : e.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Error, "Asking about live leases again failed; the next tick tries again: {Failure}")]
    private partial void LogFailed(string failure);
}
