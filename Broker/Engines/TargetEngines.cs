using System.Collections.Concurrent;
using SecretsBroker.Catalog;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines;

/// <summary>
/// The engines of the targets in the catalogue. A target that a newer catalogue changes gets a new engine; one that it no longer names
/// keeps the old one, because leases at it may still have to be revoked.
/// </summary>
internal sealed class TargetEngines(
    IEnumerable<ICredentialEngineType> types, BrokerMetrics metrics, BrokerTracing tracing, TimeProvider time)
    : IAsyncDisposable
{
    private readonly Dictionary<string, ICredentialEngineType> _types = types.ToDictionary(type => type.Name);
    private readonly ConcurrentDictionary<string, TargetEngine> _engines = new();
    private readonly ConcurrentBag<TargetEngine> _retired = [];

    public IReadOnlyDictionary<string, ICredentialEngineType> Types => _types;

    public IEnumerable<TargetEngine> All => _engines.Values;

    /// <summary>Null when no catalogue since the start has named the target.</summary>
    public TargetEngine? Find(string target) => _engines.GetValueOrDefault(target);

    /// <summary>Makes the engines that a catalogue needs. Its targets are checked: their types are known, their settings valid.</summary>
    public void Follow(CatalogSnapshot catalog)
    {
        // All are made before one is used: a target whose engine cannot be made changes nothing for the others.
        var made = catalog.Targets
            .Where(target => Find(target.Name) is not { } engine || !IsSame(engine.Target, target))
            .Select(target => new TargetEngine(target, _types[target.Engine].Create(target), metrics, tracing, time))
            .ToArray();
        foreach (var engine in made)
        {
            if (Find(engine.Target.Name) is { } old)
            {
                // Calls may still be under way in it: it lives until the broker stops.
                _retired.Add(old);
            }

            _engines[engine.Target.Name] = engine;
        }

        foreach (var type in _types.Values)
        {
            type.Follow([.. catalog.Targets.Where(target => target.Engine == type.Name)]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines.Values.Concat(_retired))
        {
            await engine.DisposeAsync();
        }
    }

    private static bool IsSame(Target a, Target b) =>
        a.Engine == b.Engine
        && a.Concurrency == b.Concurrency
        && a.Queue == b.Queue
        && a.Timeout == b.Timeout
        && a.MaxDebt == b.MaxDebt
        && a.MaxDebtAge == b.MaxDebtAge
        && a.Settings.GetRawText() == b.Settings.GetRawText();
}
