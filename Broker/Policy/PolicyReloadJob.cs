using Quartz;

namespace SecretsBroker.Policy;

[DisallowConcurrentExecution]
internal sealed class PolicyReloadJob(PolicyReload reload) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await reload.RunAsync(cancellationToken);
}
