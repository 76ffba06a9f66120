using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Vault;

/// <summary>Dynamic secrets of a Vault or OpenBao.</summary>
internal sealed class VaultEngineType(TimeProvider time) : ICredentialEngineType
{
    public const string TypeName = "vault";

    public string Name => TypeName;

    public IReadOnlyList<string> PlaceSettings { get; } = ["url", "namespace"];

    public bool IsListable => true;

    public void ValidateTarget(Target target, CatalogFaults faults) => VaultTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => VaultGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = VaultTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new VaultEngine(target, settings, time);
    }
}
