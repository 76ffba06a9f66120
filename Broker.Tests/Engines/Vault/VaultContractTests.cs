using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Vault;

namespace SecretsBroker.Tests.Engines.Vault;

internal sealed class VaultContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/vault-target/settings";
    private const string GrantPath = "grants/vault-grant/settings";
    private TestVault _vault = null!;
    private Target _target = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _vault = await TestVault.StartAsync();
        _vault.Server.Namespace = "payments";
        _vault.Server.Policies["invoices-read"].Allow(VaultServer.InvoicesPath, "read", "update");
        _target = With(_vault.Target(), settings =>
        {
            settings["namespace"] = "payments";
            settings["tls_ca_file"] = "/etc/ssl/certs/ca-certificates.crt";
            settings["approle"]!["mount"] = "approle";
        });
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _vault.DisposeAsync();

    protected override ICredentialEngineType Type { get; } = new VaultEngineType(TimeProvider.System);

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestVault.Grant(new
    {
        path = VaultServer.InvoicesPath,
        method = "POST",
        parameters = new { purpose = "reports" },
        ttl_parameter = "ttl",
        policies = new[] { "invoices-read" },
        fields = new[] { "username", "password" },
    });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", $"{TargetPath}/url", $"{TargetPath}/token", $"{GrantPath}/path", $"{GrantPath}/policies")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("an inline secret id", $"{TargetPath}/approle/secret_id") { ChangeTarget = t => t["approle"]!["secret_id"] = "hunter2" },
        new("half a login", $"{TargetPath}/approle/role_id", $"{TargetPath}/approle/secret_id") { ChangeTarget = t => t["approle"] = new JsonObject() },
        new("two ways to log in", $"{TargetPath}/token") { ChangeTarget = t => t["token"] = new JsonObject { ["env"] = "VAULT_TOKEN" } },
        new("a mount that leads elsewhere", $"{TargetPath}/approle/mount") { ChangeTarget = t => t["approle"]!["mount"] = "../sys" },
        new("no TLS to another machine", $"{TargetPath}/url") { ChangeTarget = t => t["url"] = "http://vault.example.org:8200" },
        new("an address with a query", $"{TargetPath}/url") { ChangeTarget = t => t["url"] = "https://vault.example.org/?a=b" },
        new("a namespace that no header can hold", $"{TargetPath}/namespace") { ChangeTarget = t => t["namespace"] = "zahlungsverkehr für alle" },
        new("a path of Vault's own", $"{GrantPath}/path") { ChangeGrant = g => g["path"] = "sys/seal" },
        new("a path of Vault's own in a namespace", $"{GrantPath}/path") { ChangeGrant = g => g["path"] = "payments/eu/auth/token/create" },
        new("a path that leads elsewhere", $"{GrantPath}/path") { ChangeGrant = g => g["path"] = "database/../sys/seal" },
        new("a path with a query", $"{GrantPath}/path") { ChangeGrant = g => g["path"] = "database/creds/a?list=true" },
        new("another method", $"{GrantPath}/method") { ChangeGrant = g => g["method"] = "DELETE" },
        new("parameters that GET does not send", $"{GrantPath}/parameters", $"{GrantPath}/ttl_parameter") { ChangeGrant = g => g.Remove("method") },
        new("a parameter that comes twice", $"{GrantPath}/ttl_parameter") { ChangeGrant = g => g["ttl_parameter"] = "purpose" },
        new("the policy that may do everything", $"{GrantPath}/policies/0") { ChangeGrant = g => g["policies"] = new JsonArray("root") },
        new("no policy", $"{GrantPath}/policies") { ChangeGrant = g => g["policies"] = new JsonArray() },
    ];

    protected override CredentialInput Input() => new CredentialInput.Vault();

    protected override Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken) =>
        Task.FromResult(_vault.LetsIn((VaultCredential)credential));
}
