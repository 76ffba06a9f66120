using SecretsBroker.Catalog;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.Static;

/// <summary>Secrets that the broker keeps.</summary>
internal sealed class StaticEngineType(IStaticSecretStore store, BrokerMetrics metrics, TimeProvider time, ILogger<StaticEngine> logger)
    : ICredentialEngineType
{
    public const string TypeName = "static";

    // Of all targets, because a changed one gets another engine.
    private readonly CommandLeftovers _leftovers = new();

    public string Name => TypeName;

    public void ValidateTarget(Target target, CatalogFaults faults) => StaticTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) =>
        StaticGrantSettings.Read(grant, faults).Check(grant, StaticTargetSettings.Read(target, new CatalogFaults()), faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = StaticTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new StaticEngine(target, settings, store, _leftovers, metrics, time, logger);
    }
}
