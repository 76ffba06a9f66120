using SecretsBroker.Engines;

namespace SecretsBroker.Reconciliation;

/// <summary>The passes that brokers make by themselves: one at a time over each target, so that one that is slow or hangs holds up no other's.</summary>
internal sealed partial class TargetPasses(
    TargetReconciler reconciler,
    IOptions<ReconciliationOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<TargetPasses> logger) : IHostedService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _latest = [];

    /// <summary>Begins a pass over a target and does not wait for it. Does nothing while the one before is under way.</summary>
    public void Begin(TargetEngine engine)
    {
        lock (_lock)
        {
            if (_latest.GetValueOrDefault(engine.Target.Name) is not { IsCompleted: false })
            {
                _latest[engine.Target.Name] = Task.Run(() => PassAsync(engine, lifetime.ApplicationStopping));
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A broker that stops ends what is under way between two steps, and waits for that: what was removed is to be recorded.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.WhenAll(_latest.Values).WaitAsync(cancellationToken);
        }
    }

    private async Task PassAsync(TargetEngine engine, CancellationToken cancellationToken)
    {
        try
        {
            var report = await reconciler.RunAsync(engine, options.Value.Mode == ReconciliationOptions.DryRun, actor: "", cancellationToken);
            if (report is { Differs: true })
            {
                LogDiffers(engine.Target.Name, $"{report}");
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogFailed(engine.Target.Name, e is BrokerException known ? known.Message : e.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Target {Target} does not hold what the leases say: {Report}")]
    private partial void LogDiffers(string target, string report);

    [LoggerMessage(LogLevel.Error, "Target {Target} could not be held against the leases; the next pass tries again: {Failure}")]
    private partial void LogFailed(string target, string failure);
}
