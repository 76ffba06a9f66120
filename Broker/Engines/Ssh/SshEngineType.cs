using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Ssh;

/// <summary>User certificates for OpenSSH from a certificate authority of the broker's own.</summary>
internal sealed class SshEngineType(IDenyList denyList, TimeProvider time, ILogger<SshEngine> logger) : ICredentialEngineType
{
    public const string TypeName = "ssh";

    public string Name => TypeName;

    public void ValidateTarget(Target target, CatalogFaults faults) => SshSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => SshGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = SshSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new SshEngine(target.Name, settings, denyList, time, logger);
    }
}
