using SecretsBroker.Catalog;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.OAuth;

/// <summary>Access tokens of somebody else's authorization server.</summary>
internal sealed class OAuthEngineType(BrokerMetrics metrics, TimeProvider time, ILogger<OAuthEngine> logger) : ICredentialEngineType
{
    public const string TypeName = "oauth";

    public string Name => TypeName;

    public IReadOnlyList<string> PlaceSettings { get; } = ["issuer", "token_endpoint", "revocation_endpoint", "introspection_endpoint"];

    public void ValidateTarget(Target target, CatalogFaults faults) => OAuthTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults)
    {
        var settings = OAuthGrantSettings.Read(grant, faults);
        var server = OAuthTargetSettings.Read(target, new CatalogFaults());
        if (settings.Flow == OAuthFlow.TokenExchange && !server.CanExchange)
        {
            faults.Add($"grants/{grant.Name}/settings/flow", "must be client_credentials where the target has no key_file, or neither base_url nor subject_issuer");
        }

        if (grant.MaxTimeToLive > server.MaxTokenLife)
        {
            faults.Add($"grants/{grant.Name}/max_ttl", "must not be longer than the target's max_token_life");
        }
    }

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = OAuthTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new OAuthEngine(target, settings, metrics, time, logger);
    }
}
