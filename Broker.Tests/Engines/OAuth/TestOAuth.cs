using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>A server of one fixture's own, and a target at which the broker is its client <c>broker-basic</c>.</summary>
internal sealed class TestOAuth : IAsyncDisposable
{
    private readonly MeasuredBroker _measured = new();

    private TestOAuth(OAuthServer server)
    {
        Server = server;
        Type = new OAuthEngineType(_measured.Metrics, TimeProvider.System, NullLogger<OAuthEngine>.Instance);
        Target = TestLeases.Target("oauth", new
        {
            token_endpoint = Server.TokenEndpoint,
            client_id = "broker-basic",
            client_secret = new { file = Files.ClientSecret(OAuthServer.SecretOf("broker-basic")) },
            max_token_life = "10m",
        }) with { Timeout = TimeSpan.FromSeconds(30) };
    }

    public OAuthServer Server { get; }

    public OAuthFiles Files { get; } = new();

    public ICredentialEngineType Type { get; }

    /// <summary>Whose server revokes nothing, as far as the broker knows.</summary>
    public Target Target { get; }

    /// <summary>Ignores the test where the server cannot be had.</summary>
    public static async Task<TestOAuth> StartOrIgnoreAsync() => new(await OAuthServer.StartOrIgnoreAsync());

    /// <summary>Leases that live no longer than the tokens of <see cref="Target"/>.</summary>
    public static Grant Grant(object settings) => TestLeases.Grant("oauth", settings) with { MaxTimeToLive = TimeSpan.FromMinutes(10) };

    public Task<bool> AcceptsAsync(Credential credential, CancellationToken cancellationToken) =>
        Server.IsActiveAsync(((AccessTokenCredential)credential).Token.Reveal(), cancellationToken);

    public ValueTask DisposeAsync()
    {
        _measured.Dispose();
        Files.Dispose();
        return Server.DisposeAsync();
    }
}
