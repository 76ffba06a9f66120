using Quartz;

namespace SecretsBroker.Audit;

[DisallowConcurrentExecution]
internal sealed partial class AuditCheckpointJob(AuditLog log, ILogger<AuditCheckpointJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await log.CheckpointAsync(cancellationToken);
        }
        catch (AuditException exception)
        {
            // The next one comes by itself.
            LogFailed(exception);
        }
    }

    [LoggerMessage(LogLevel.Error, "The audit log could not be signed")]
    private partial void LogFailed(Exception exception);
}
