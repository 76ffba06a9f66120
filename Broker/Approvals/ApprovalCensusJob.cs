using Quartz;

namespace SecretsBroker.Approvals;

[DisallowConcurrentExecution]
internal sealed partial class ApprovalCensusJob(ApprovalCensus census, ILogger<ApprovalCensusJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await census.PassAsync(cancellationToken);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "A pass over the approvals failed; the next one follows: {Failure}")]
    private partial void LogFailed(string failure);
}
