using Quartz;

namespace SecretsBroker.Behaviour;

[DisallowConcurrentExecution]
internal sealed class SignalFlushJob(SignalFlush flush, CircuitBreaker breaker) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await breaker.LookAsync(await flush.PassAsync(cancellationToken), cancellationToken);
}
