using System.Security.Cryptography;
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
        new("too short a life", "targets/x509-target/settings/crl_lifetime")
        {
            ChangeTarget = settings => settings["crl_lifetime"] = "59s",
        },
        new("no web address", "targets/x509-target/settings/base_url")
        {
            ChangeTarget = settings => settings["base_url"] = "ftp://broker.example",
        },
        new("an address that names a user", "targets/x509-target/settings/base_url")
        {
            ChangeTarget = settings => settings["base_url"] = "https://me:secret@broker.example",
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
