using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;

namespace SecretsBroker.Tests.Engines.Ssh;

[TestFixture("ecdsa-p256")]
[TestFixture("ed25519")]
internal sealed class SshEngineContractTests(string keyType) : CredentialEngineContract
{
    private const string GrantPath = "grants/ssh-grant/settings";
    private SshFiles _files = null!;
    private SshEngineType _type = null!;
    private Target _target = null!;

    protected override ICredentialEngineType Type => _type;

    protected override Target Target => _target;

    protected override Grant Grant { get; } = TestLeases.Grant("ssh", new
    {
        principals = (string[])["deploy", "restart@web"],
        source_addresses = (string[])["127.0.0.1", "10.1.0.0/16", "2001:db8::/32"],
        force_command = "systemctl restart web",
        extensions = (string[])["permit-pty"],
    });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("nothing", "targets/ssh-target/settings/key_file", $"{GrantPath}/principals")
        {
            ChangeTarget = settings => settings.Clear(),
            ChangeGrant = settings => settings.Clear(),
        },
        new("an authority of before without a file and an end", "targets/ssh-target/settings/previous_keys/0/file", "targets/ssh-target/settings/previous_keys/0/until")
        {
            ChangeTarget = settings => settings["previous_keys"] = new JsonArray(new JsonObject { ["until"] = "some day" }),
        },
        new("a key of a kind that is not made", "targets/ssh-target/settings/key_type")
        {
            ChangeTarget = settings => settings["key_type"] = "rsa",
        },
        new("nobody", $"{GrantPath}/principals", $"{GrantPath}/source_addresses")
        {
            ChangeGrant = settings => (settings["principals"], settings["source_addresses"]) = (new JsonArray(), new JsonArray()),
        },
        new("principals that are several, or options", $"{GrantPath}/principals/0", $"{GrantPath}/principals/1", $"{GrantPath}/principals/3")
        {
            ChangeGrant = settings => settings["principals"] = new JsonArray("a,root", "-o", "deploy", "deploy"),
        },
        new("no addresses", $"{GrantPath}/source_addresses/0", $"{GrantPath}/source_addresses/1", $"{GrantPath}/source_addresses/2")
        {
            ChangeGrant = settings => settings["source_addresses"] = new JsonArray("example.org", "10.1.2.3/16", "10.1"),
        },
        new("a command of two lines", $"{GrantPath}/force_command") { ChangeGrant = settings => settings["force_command"] = "a\nb" },
        new("a command too long", $"{GrantPath}/force_command")
        {
            ChangeGrant = settings => settings["force_command"] = new string('x', 1_025),
        },
        new("an extension that nobody knows", $"{GrantPath}/extensions/0")
        {
            ChangeGrant = settings => settings["extensions"] = new JsonArray("permit-everything"),
        },
    ];

    [OneTimeSetUp]
    public void MakeTarget()
    {
        SshFiles.RequireOpenSsh();
        _files = new SshFiles();
        _type = new SshEngineType(new InMemoryDenyList(TimeProvider.System), TimeProvider.System, NullLogger<SshEngine>.Instance);
        _target = TestLeases.Target("ssh", new { key_file = _files.PathOf("ca.key"), key_type = keyType });
    }

    [OneTimeTearDown]
    public void RemoveFiles() => _files?.Dispose();

    protected override CredentialInput Input()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CredentialInput.Ssh(SshPublicKey.Of(key).Line);
    }

    protected override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        var certificate = _files.Write(credential);
        Assert.That(await SshFiles.DescribeAsync(certificate), Does.Contain("user certificate"));
        // The list that another broker publishes.
        await using var other = (SshEngine)Type.Create(target);
        return !await _files.IsRevokedAsync(await other.ReadRevocationListAsync(cancellationToken), certificate);
    }
}
