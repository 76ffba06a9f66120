using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Jwt;

/// <summary>OAuth 2.0 access tokens that a resource server checks by itself.</summary>
internal sealed class JwtEngineType(IDenyList denyList, TimeProvider time, ILogger<JwtEngine> logger) : ICredentialEngineType
{
    public const string TypeName = "jwt";

    public string Name => TypeName;

    public void ValidateTarget(Target target, CatalogFaults faults) => JwtSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => JwtGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = JwtSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException(string.Join("; ", faults.All), nameof(target))
            : new JwtEngine(target.Name, settings, denyList, time, logger);
    }
}
