using SecretsBroker.Reconciliation;

namespace SecretsBroker.Revocation;

/// <summary>Lets a stopping broker finish the revocations that it has in hand; what is left another sweep takes up.</summary>
internal sealed partial class RevocationService(
    StoreWitness witness,
    TargetDrains drains,
    Revoker revoker,
    IOptions<RevocationOptions> options,
    TimeProvider time,
    ILogger<RevocationService> logger)
    : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Not the host's limit: whoever holds a stream open uses that up before this is asked to stop.
        using var limit = new CancellationTokenSource(options.Value.StopTimeout, time);
        try
        {
            await witness.WhenIdleAsync(limit.Token);
            await drains.WhenIdleAsync(limit.Token);
            await revoker.WhenIdleAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            LogStoppedEarly();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopping with revocations under way; they are due again when their claims end")]
    private partial void LogStoppedEarly();
}
