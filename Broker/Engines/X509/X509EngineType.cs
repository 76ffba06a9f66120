using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.X509;

/// <summary>Client certificates from a certificate authority of the broker's own.</summary>
internal sealed class X509EngineType(IDenyList denyList, TimeProvider time, ILogger<X509Engine> logger) : ICredentialEngineType
{
    public const string TypeName = "x509";

    public string Name => TypeName;

    public void ValidateTarget(Target target, CatalogFaults faults) => X509Settings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) =>
        SettingsReader.Of(grant, faults).RefuseOthers();

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = X509Settings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException(string.Join("; ", faults.All), nameof(target))
            : new X509Engine(target.Name, settings, denyList, time, logger);
    }
}
