using Quartz;

namespace SecretsBroker.Api;

/// <summary>Puts refused authentications on the record.</summary>
[DisallowConcurrentExecution]
internal sealed class AuthenticationFailureJob(AuthenticationFailureRecords records) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await records.WriteAsync(cancellationToken);
}
