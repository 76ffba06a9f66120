using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>Users at RabbitMQ.</summary>
internal sealed class RabbitMqEngineType(TimeProvider time) : ICredentialEngineType
{
    public const string TypeName = "rabbitmq";

    public string Name => TypeName;

    public IReadOnlyList<string> PlaceSettings { get; } = ["url"];

    public bool IsListable => true;

    public void ValidateTarget(Target target, CatalogFaults faults) => RabbitMqTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => RabbitMqGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = RabbitMqTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new RabbitMqEngine(target, settings, time);
    }
}
