using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Jwt;

[TestFixture]
internal sealed class JwtEngineContractTests : CredentialEngineContract
{
    private TemporaryFolder _folder = null!;
    private InMemoryDenyList _denyList = null!;
    private JwtEngineType _type = null!;
    private Target _target = null!;

    protected override ICredentialEngineType Type => _type;

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestLeases.Grant("jwt", new { bearer = false });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", "targets/jwt-target/settings/issuer", "targets/jwt-target/settings/audience", "targets/jwt-target/settings/key_file")
        {
            ChangeTarget = settings => settings.Clear(),
        },
        new("audience too long", "targets/jwt-target/settings/audience")
        {
            ChangeTarget = settings => settings["audience"] = new string('x', 257),
        },
        new("previous key without end", "targets/jwt-target/settings/previous_keys/0/until")
        {
            ChangeTarget = settings => ((JsonObject)settings["previous_keys"]![0]!).Remove("until"),
        },
        new("previous key with no instant", "targets/jwt-target/settings/previous_keys/0/until")
        {
            ChangeTarget = settings => settings["previous_keys"]![0]!["until"] = "some day",
        },
        new("no web address", "targets/jwt-target/settings/base_url")
        {
            ChangeTarget = settings => settings["base_url"] = "broker.example",
        },
        new("tokens over plain http", "targets/jwt-target/settings/base_url")
        {
            ChangeTarget = settings => settings["base_url"] = "http://broker.example",
        },
        new(
            "resource servers that are known by nothing, twice, in the wrong way or by too much",
            "targets/jwt-target/settings/resource_servers/0/client_id",
            "targets/jwt-target/settings/resource_servers/1/client_secret",
            "targets/jwt-target/settings/resource_servers/2/client_id",
            "targets/jwt-target/settings/resource_servers/3/workload",
            "targets/jwt-target/settings/resource_servers/4/client_id",
            "targets/jwt-target/settings/resource_servers/5/client_secret",
            "targets/jwt-target/settings/resource_servers/6/client_id")
        {
            ChangeTarget = settings => settings["resource_servers"] = JsonNode.Parse("""
                [
                    { "may_revoke": true },
                    { "client_id": "a" },
                    { "client_id": "a", "client_secret": { "env": "A" } },
                    { "workload": "example.org/a" },
                    { "client_id": "a:b", "client_secret": { "env": "A" } },
                    { "client_id": "c", "client_secret": "hunter2" },
                    { "client_id": "d", "client_secret": { "env": "D" }, "workload": "spiffe://example.org/d" }
                ]
                """),
        },
        new("neither yes nor no", "grants/jwt-grant/settings/bearer")
        {
            ChangeGrant = settings => settings["bearer"] = "perhaps",
        },
    ];

    [OneTimeSetUp]
    public void MakeTarget()
    {
        _folder = new TemporaryFolder();
        var old = Path.Combine(_folder.Path, "old.key");
        SigningKey.LoadOrCreate(old, out _).Dispose();
        _denyList = new InMemoryDenyList(TimeProvider.System);
        _type = new JwtEngineType(_denyList, TimeProvider.System, NullLogger<JwtEngine>.Instance);
        _target = TestLeases.Target("jwt", new
        {
            key_file = Path.Combine(_folder.Path, "jwt.key"),
            issuer = "https://broker.example/tokens",
            audience = Tokens.Audience,
            base_url = "https://broker.example",
            resource_servers = new object[]
            {
                new { client_id = "invoices-api", client_secret = new { env = "INVOICES_API" }, may_revoke = true },
                new { workload = "spiffe://example.org/invoices-api" },
            },
            previous_keys = new[] { new { file = old, until = "2999-01-01T00:00:00Z" } },
        });
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    protected override CredentialInput Input()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now, now.AddHours(1));
        return new CredentialInput.Jwt(certificate.RawData, "");
    }

    protected override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        // The keys and the list that another broker publishes.
        await using var other = (JwtEngine)Type.Create(target);
        var token = credential.Read();
        var result = await Tokens.ValidateAsync(
            token.EncodedToken, other.ReadKeySet().ToJsonString(), other.Issuer, TimeProvider.System.GetUtcNow());
        Assert.That(result.IsValid, Is.True, result.Exception?.Message);
        var list = await _denyList.ReadAsync(target.Name, cancellationToken);
        return !list.Entries.Any(e => e.Lease.Value == token.Id);
    }
}
