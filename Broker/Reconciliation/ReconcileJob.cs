using Quartz;
using SecretsBroker.Engines;

namespace SecretsBroker.Reconciliation;

/// <summary>Has every target that can be listed held against the leases, and waits for none of them.</summary>
[DisallowConcurrentExecution]
internal sealed class ReconcileJob(
    TargetPasses passes,
    TargetReconciler reconciler,
    UnnamedInstallation unnamed,
    TargetEngines engines,
    IOptions<ReconciliationOptions> options) : IJob
{
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (options.Value.Mode == ReconciliationOptions.Off)
        {
            return ValueTask.CompletedTask;
        }

        var listable = engines.All.Where(engine => engine.IsListable).ToArray();
        if (!reconciler.IsPossible)
        {
            unnamed.Tell(listable.Select(engine => engine.Target.Name));
            return ValueTask.CompletedTask;
        }

        foreach (var engine in listable)
        {
            passes.Begin(engine);
        }

        return ValueTask.CompletedTask;
    }
}
