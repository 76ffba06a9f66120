using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>At a server that revokes nothing, as far as the broker knows.</summary>
internal sealed class OAuthExpireOnlyContractTests : ExpireOnlyContract
{
    private readonly MeasuredBroker _measured = new();
    private OAuthServer _server = null!;
    private OAuthFiles _files = null!;
    private Target _target = null!;

    protected override ICredentialEngineType Type => new OAuthEngineType(_measured.Metrics, TimeProvider.System, NullLogger<OAuthEngine>.Instance);

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestLeases.Grant("oauth", new
    {
        resource = new[] { OAuthServer.Invoices },
        scope = new[] { "invoices:read" },
    }) with { MaxTimeToLive = TimeSpan.FromMinutes(10) };

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("a look at what is not revoked", "targets/oauth-target/settings/introspection_endpoint")
        {
            ChangeTarget = t => t["introspection_endpoint"] = "https://as.example.org/introspect",
        },
    ];

    protected override bool Renews => false;

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _server = await OAuthServer.StartOrIgnoreAsync();
        _files = new OAuthFiles();
        _target = TestLeases.Target("oauth", new
        {
            token_endpoint = _server.TokenEndpoint,
            client_id = "broker-basic",
            client_secret = new { file = _files.ClientSecret(OAuthServer.SecretOf("broker-basic")) },
            max_token_life = "10m",
        }) with { Timeout = TimeSpan.FromSeconds(30) };
    }

    [OneTimeTearDown]
    public async Task StopServer()
    {
        _measured.Dispose();
        _files?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override CredentialInput Input() => new CredentialInput.OAuth();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        _server.IsActiveAsync(((AccessTokenCredential)credential).Token.Reveal(), cancellationToken);

    // Its tokens live for five minutes from when they are made, also those of later tests.
    protected override Task ReachEndAsync() => _server.AdvanceAsync(TimeSpan.FromMinutes(6));
}
