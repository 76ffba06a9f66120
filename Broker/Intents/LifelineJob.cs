using Quartz;

namespace SecretsBroker.Intents;

[DisallowConcurrentExecution]
internal sealed class LifelineJob(LifelineKeeper lifelines) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await lifelines.BeatAsync(cancellationToken);
}
