using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.X509;

[TestFixture]
internal sealed class X509EngineContractTests : CredentialEngineContract
{
    private TemporaryFolder _folder = null!;
    private X509EngineType _type = null!;
    private Target _target = null!;

    protected override ICredentialEngineType Type => _type;

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestLeases.Grant("x509");

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("no files", "targets/x509-target/settings/key_file", "targets/x509-target/settings/certificate_file")
        {
            ChangeTarget = settings => { settings.Remove("key_file"); settings.Remove("certificate_file"); },
        },
        new("one file for both", "targets/x509-target/settings/certificate_file")
        {
            ChangeTarget = settings => settings["certificate_file"] = settings["key_file"]!.GetValue<string>(),
        },
        new("name too long", "targets/x509-target/settings/common_name")
        {
            ChangeTarget = settings => settings["common_name"] = new string('x', 65),
        },
        new(
            "an authority that signs and has signed before",
            "targets/x509-target/settings/previous_authorities/0/key_file",
            "targets/x509-target/settings/previous_authorities/0/certificate_file",
            "targets/x509-target/settings/previous_authorities/1/key_file",
            "targets/x509-target/settings/previous_authorities/1/until")
        {
            ChangeTarget = settings => settings["previous_authorities"] = new JsonArray(
                new JsonObject
                {
                    ["key_file"] = settings["key_file"]!.GetValue<string>(),
                    ["certificate_file"] = settings["certificate_file"]!.GetValue<string>(),
                    ["until"] = "2999-01-01T00:00:00Z",
                },
                new JsonObject { ["certificate_file"] = "/old.pem", ["until"] = "some day" }),
        },
        new("too short a life", "targets/x509-target/settings/crl_lifetime")
        {
            ChangeTarget = settings => settings["crl_lifetime"] = "59s",
        },
        new("an answer that is hardly good for a moment", "targets/x509-target/settings/ocsp_lifetime")
        {
            ChangeTarget = settings => settings["ocsp_lifetime"] = "9s",
        },
        new("no web address", "targets/x509-target/settings/base_url")
        {
            ChangeTarget = settings => settings["base_url"] = "ftp://broker.example",
        },
        new("an address that names a user", "targets/x509-target/settings/base_url")
        {
            ChangeTarget = settings => settings["base_url"] = "https://me:secret@broker.example",
        },
        new("an authority of an unknown kind", "targets/x509-target/settings/authority")
        {
            ChangeTarget = settings => settings["authority"] = "leaf",
        },
        new("a root's key without a root", "targets/x509-target/settings/root_key_file")
        {
            ChangeTarget = settings => settings["root_key_file"] = "/root.key",
        },
        new("a root without its key", "targets/x509-target/settings/root_key_file")
        {
            ChangeTarget = settings => settings["authority"] = "root-and-intermediate",
        },
        new("constraints that allow nothing", "targets/x509-target/settings/name_constraints/dns")
        {
            ChangeTarget = settings => settings["name_constraints"] = new JsonObject(),
        },
        new(
            "constraints that are no names",
            "targets/x509-target/settings/name_constraints/dns/0",
            "targets/x509-target/settings/name_constraints/uris/0",
            "targets/x509-target/settings/name_constraints/ips/0")
        {
            ChangeTarget = settings => settings["name_constraints"] = new JsonObject
            {
                ["dns"] = new JsonArray("*.example.org"),
                ["uris"] = new JsonArray("spiffe://example.org"),
                ["ips"] = new JsonArray("10.1.2.3/8"),
            },
        },
        new("a usage that is none", "grants/x509-grant/settings/usages")
        {
            ChangeGrant = settings => settings["usages"] = new JsonArray("client", "ca"),
        },
        new("a server without a name", "grants/x509-grant/settings/dns_names")
        {
            ChangeGrant = settings => settings["usages"] = new JsonArray("server"),
        },
        new("a client with a server's name", "grants/x509-grant/settings/dns_names")
        {
            ChangeGrant = settings => settings["dns_names"] = new JsonArray("localhost"),
        },
        new("a client that is nobody", "grants/x509-grant/settings/workload_uri")
        {
            ChangeGrant = settings => settings["workload_uri"] = false,
        },
        new(
            "names that no server has",
            "grants/x509-grant/settings/dns_names/0",
            "grants/x509-grant/settings/dns_names/1",
            "grants/x509-grant/settings/dns_names/3",
            "grants/x509-grant/settings/dns_names/4",
            "grants/x509-grant/settings/ip_addresses/0")
        {
            ChangeGrant = settings =>
            {
                settings["usages"] = new JsonArray("server");
                settings["dns_names"] = new JsonArray("*.example.org", "UPPER.example", "1.fine.example", "10.1.2.3", "7");
                settings["ip_addresses"] = new JsonArray("10.1");
            },
        },
        new("more than the constraints allow", "grants/x509-grant/settings/ip_addresses", "grants/x509-grant/settings/dns_names")
        {
            ChangeTarget = settings => settings["name_constraints"] = new JsonObject { ["dns"] = new JsonArray("example.org") },
            ChangeGrant = settings =>
            {
                settings["usages"] = new JsonArray("server");
                settings["dns_names"] = new JsonArray("fine.example.org", "example.com");
                settings["ip_addresses"] = new JsonArray("10.1.2.3");
            },
        },
    ];

    [OneTimeSetUp]
    public void MakeTarget()
    {
        _folder = new TemporaryFolder();
        _type = new X509EngineType(
            new InMemoryDenyList(TimeProvider.System), TimeProvider.System, NullLogger<X509Engine>.Instance);
        _target = TestLeases.Target("x509", new
        {
            key_file = Path.Combine(_folder.Path, "ca.key"),
            certificate_file = Path.Combine(_folder.Path, "ca.pem"),
            common_name = "Test CA",
            crl_lifetime = "10m",
            base_url = "https://broker.example",
        });
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    protected override CredentialInput Input()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CredentialInput.X509(Certificates.Request(key), default);
    }

    protected override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        // The list that another broker publishes.
        await using var other = (X509Engine)Type.Create(target);
        var list = await other.ReadRevocationListAsync(cancellationToken);
        using var leaf = credential.Leaf();
        Assert.That(
            Certificates.Chains(leaf, other.ReadAuthorityPem(), TimeProvider.System.GetUtcNow(), out var status), Is.True, status);
        return !Certificates.Lists(list, leaf);
    }
}
