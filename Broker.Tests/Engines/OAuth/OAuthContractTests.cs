using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.OAuth;

internal sealed class OAuthContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/oauth-target/settings";
    private const string GrantPath = "grants/oauth-grant/settings";

    private TestOAuth _oauth = null!;
    private Target _target = null!;

    protected override ICredentialEngineType Type => _oauth.Type;

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestOAuth.Grant(new
    {
        flow = "client_credentials",
        resource = new[] { OAuthServer.Invoices },
        audience = new[] { "invoices" },
        scope = new[] { "invoices:read" },
    });

    protected override int MaxHandle => 8192;

    protected override bool EndsWithoutHandle => false;

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/token_endpoint", $"{TargetPath}/client_id", $"{TargetPath}/client_secret", $"{GrantPath}/scope")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("no TLS to another machine", $"{TargetPath}/token_endpoint", $"{TargetPath}/revocation_endpoint", $"{TargetPath}/introspection_endpoint")
        {
            ChangeTarget = t =>
            {
                foreach (var name in (string[])["token_endpoint", "revocation_endpoint", "introspection_endpoint"])
                {
                    t[name] = "http://as.example.org/token";
                }
            },
        },
        new("an inline secret", $"{TargetPath}/client_secret") { ChangeTarget = t => t["client_secret"] = "hunter2" },
        new("an inline key", $"{TargetPath}/encryption_key") { ChangeTarget = t => t["encryption_key"] = "hunter2" },
        new("no way to seal what has to be revoked", $"{TargetPath}/encryption_key") { ChangeTarget = t => t.Remove("encryption_key") },
        new("a look at what is not revoked", $"{TargetPath}/introspection_endpoint") { ChangeTarget = t => t.Remove("revocation_endpoint") },
        new("a way to authenticate that is none", $"{TargetPath}/client_authentication") { ChangeTarget = t => t["client_authentication"] = "none" },
        new("a key and a secret", $"{TargetPath}/client_secret") { ChangeTarget = t => t["client_authentication"] = "private_key_jwt" },
        new("a key for nobody", $"{TargetPath}/issuer") { ChangeTarget = t => t.Remove("issuer") },
        new("an issuer that cannot be asked, and no way to seal what has to be revoked", $"{TargetPath}/issuer", $"{TargetPath}/encryption_key")
        {
            ChangeTarget = t =>
            {
                t.Remove("token_endpoint");
                t.Remove("encryption_key");
                t["issuer"] = "http://as.example.org";
            },
        },
        new("a certificate without its key, shown where nobody sees it", $"{TargetPath}/tls_key_file", $"{TargetPath}/client_secret", $"{TargetPath}/token_endpoint")
        {
            ChangeTarget = t =>
            {
                t["client_authentication"] = "tls_client_auth";
                t["tls_certificate_file"] = "/broker.pem";
                foreach (var name in (string[])["revocation_endpoint", "introspection_endpoint"])
                {
                    t[name] = "https://as.example.org";
                }
            },
        },
        new("no key", $"{TargetPath}/key_file", $"{GrantPath}/flow")
        {
            ChangeTarget = t =>
            {
                t["client_authentication"] = "private_key_jwt";
                t.Remove("key_file");
            },
            ChangeGrant = g => g["flow"] = "token_exchange",
        },
        new("tokens that live for days", $"{TargetPath}/max_token_life") { ChangeTarget = t => t["max_token_life"] = "2d" },
        new("leases that live longer than their tokens", "grants/oauth-grant/max_ttl") { ChangeTarget = t => t["max_token_life"] = "5m" },
        new("resources and scopes that are none", $"{GrantPath}/resource/0", $"{GrantPath}/resource/1", $"{GrantPath}/scope/0", $"{GrantPath}/scope/1")
        {
            ChangeGrant = g =>
            {
                g["resource"] = new JsonArray("invoices", "https://invoices.example/#all");
                g["scope"] = new JsonArray("invoices:read invoices:write", "a\"b");
            },
        },
    ];

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _oauth = await TestOAuth.StartOrIgnoreAsync();
        _target = With(_oauth.Target, settings =>
        {
            settings["revocation_endpoint"] = _oauth.Server.RevocationEndpoint;
            settings["introspection_endpoint"] = _oauth.Server.IntrospectionEndpoint;
            settings["issuer"] = _oauth.Server.Issuer;
            settings["client_authentication"] = "client_secret_basic";
            settings["key_file"] = _oauth.Files.Path("oauth.key");
            settings["base_url"] = "https://broker.example";
            settings["subject_issuer"] = "https://broker.example/agents";
            settings["encryption_key"] = new JsonObject { ["file"] = _oauth.Files.NewEncryptionKey() };
            settings["old_encryption_keys"] = new JsonArray(new JsonObject { ["file"] = _oauth.Files.NewEncryptionKey("old.key") });
            settings["tls_ca_file"] = "/etc/ssl/certs/ca-certificates.crt";
        });
    }

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
}
