using Quartz;

namespace SecretsBroker.Reconciliation.Signers;

[DisallowConcurrentExecution]
internal sealed partial class SignerJob(SignerWatch watch, IHostApplicationLifetime lifetime, ILogger<SignerJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        // With many leases a pass takes a while, and a broker that stops does not wait for it.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await watch.RunAsync(stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogFailed(e is BrokerException known ? known.Message : e.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Error, "Who signed what lives could not be looked at; the next tick tries again: {Failure}")]
    private partial void LogFailed(string failure);
}
