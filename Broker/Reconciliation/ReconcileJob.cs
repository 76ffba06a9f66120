using Quartz;
using SecretsBroker.Engines;

namespace SecretsBroker.Reconciliation;

/// <summary>Holds every target that can be listed against the leases.</summary>
[DisallowConcurrentExecution]
internal sealed partial class ReconcileJob(
    TargetReconciler reconciler,
    UnnamedInstallation unnamed,
    TargetEngines engines,
    IOptions<ReconciliationOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<ReconcileJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (options.Value.Mode == ReconciliationOptions.Off)
        {
            return;
        }

        var listable = engines.All.Where(engine => engine.IsListable).ToArray();
        if (!reconciler.IsPossible)
        {
            unnamed.Tell(listable.Select(engine => engine.Target.Name));
            return;
        }

        // A pass may take minutes, and a broker that stops does not wait for it.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var token = stopping.Token;
        // Side by side: a target that hangs holds up its own pass.
        await Task.WhenAll(listable.Select(engine => ReconcileAsync(engine, token)));
    }

    private async Task ReconcileAsync(TargetEngine engine, CancellationToken cancellationToken)
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
