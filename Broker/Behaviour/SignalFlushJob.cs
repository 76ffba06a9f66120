using Quartz;

namespace SecretsBroker.Behaviour;

[DisallowConcurrentExecution]
internal sealed class SignalFlushJob(SignalFlush flush) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await flush.PassAsync(cancellationToken);
}
