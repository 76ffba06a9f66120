using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Leases;
using SecretsBroker.Policy;

namespace SecretsBroker.Hosting;

/// <summary>What must hold before the broker listens: a store that keeps the promises, a catalogue and policies without a fault.</summary>
internal sealed partial class StartUp(
    ILeaseStore store, CatalogReload catalog, CurrentCatalog current, PolicyReload policy, ILogger<StartUp> logger) : IHostedLifecycleService
{
    /// <exception cref="ConfigurationException">Every reason not to start.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var findings = await store.CheckAsync(cancellationToken);
        foreach (var finding in findings)
        {
            if (finding.Refuse)
            {
                faults.Add($"Store: {finding.Text}");
            }
            else
            {
                LogStoreWarning(finding.Text);
            }
        }

        faults.AddRange((await catalog.LoadAsync(cancellationToken)).Select(fault => $"Catalog: {fault}"));
        if (KeptSecrets.FindWarning(current.Snapshot, findings) is { } warning)
        {
            LogStoreWarning(warning);
        }

        faults.AddRange((await policy.LoadAsync(cancellationToken)).Select(fault => $"Policy: {fault}"));
        if (faults.Count > 0)
        {
            throw new ConfigurationException(faults);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store's set-up: {Finding}")]
    private partial void LogStoreWarning(string finding);
}
