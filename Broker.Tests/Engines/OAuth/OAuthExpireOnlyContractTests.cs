using SecretsBroker.Catalog;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>At a server that revokes nothing, as far as the broker knows.</summary>
internal sealed class OAuthExpireOnlyContractTests : ExpireOnlyContract
{
    private TestOAuth _oauth = null!;

    protected override ICredentialEngineType Type => _oauth.Type;

    protected override Target Target => _oauth.Target;

    protected override Grant Grant { get; } = TestOAuth.Grant(new
    {
        resource = new[] { OAuthServer.Invoices },
        scope = new[] { "invoices:read" },
    });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("a look at what is not revoked", "targets/oauth-target/settings/introspection_endpoint")
        {
            ChangeTarget = t => t["introspection_endpoint"] = "https://as.example.org/introspect",
        },
    ];

    protected override bool Renews => false;

    [OneTimeSetUp]
    public async Task StartServer() => _oauth = await TestOAuth.StartOrIgnoreAsync();

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (_oauth is not null)
        {
            await _oauth.DisposeAsync();
        }
    }

    protected override CredentialInput Input() => new CredentialInput.OAuth();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        _oauth.AcceptsAsync(credential, cancellationToken);

    // Its tokens live for five minutes from when they are made, also those of later tests.
    protected override Task ReachEndAsync() => _oauth.Server.AdvanceAsync(TimeSpan.FromMinutes(6));
}
