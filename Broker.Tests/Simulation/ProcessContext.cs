namespace SecretsBroker.Tests.Simulation;

/// <summary>Where all continuations of one simulated process come back to.</summary>
internal sealed class ProcessContext(Scheduler scheduler, BrokerProcess process) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(process, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing waits for another");

    public override SynchronizationContext CreateCopy() => this;
}
