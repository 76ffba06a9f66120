using Quartz;

namespace SecretsBroker.Identity;

/// <summary>Fetches issuers' keys and reads trust bundles when they are due, so that no caller has to wait for that.</summary>
[DisallowConcurrentExecution]
internal sealed class KeyRefreshJob(TrustedAuthorities authorities) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await authorities.RefreshAsync(cancellationToken);
}
