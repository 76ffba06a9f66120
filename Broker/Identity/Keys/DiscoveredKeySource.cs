using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity.Keys;

/// <summary>Keys that an OIDC issuer publishes.</summary>
internal sealed class DiscoveredKeySource(
    string issuer,
    IdentityOptions options,
    DiscoveryClient client,
    BrokerMetrics metrics,
    TimeProvider time,
    ILogger logger)
    : FetchedKeySource(options, ExternalSystem.OidcIssuer, metrics, time, logger)
{
    public override string Name => issuer;

    protected override Task<KeyRing> FetchAsync(CancellationToken cancellationToken) =>
        client.FetchKeysAsync(issuer, Options.AllowHttpOnLoopback, cancellationToken);

    protected override TimeSpan IntervalOf(KeyRing ring) => Options.KeyRefreshInterval;
}
