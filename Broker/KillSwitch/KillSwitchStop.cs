namespace SecretsBroker.KillSwitch;

/// <summary>A stopping broker takes nothing new in hand; what an order has ended it still revokes, and another broker goes on.</summary>
internal sealed class KillSwitchStop(KillExecutor executor) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => executor.StopAsync().WaitAsync(cancellationToken);
}
