using System.Runtime.Versioning;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;

namespace SecretsBroker.Tests.Identity.Dev;

internal sealed class DevIssuerTests
{
    private static readonly WorkloadId Agent = new("spiffe://dev.local/agent");

    private IdentityRig _rig = null!;

    private string Folder => _rig.PathOf("dev");

    [SetUp]
    public void Start() => _rig = new IdentityRig(
        ("Development", "true"), ("TrustDomains:0:Name", DevIssuer.TrustDomain), ("TrustDomains:0:BundleFile", "{folder}/dev/dev-bundle.json"));

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public async Task Token_is_believed_by_the_way_of_every_svid()
    {
        using var issuer = DevIssuer.Create(Folder);

        var result = await _rig.Authenticate(issuer.Mint(Agent, IdentityRig.Audience, TimeSpan.FromMinutes(10), _rig.Time));

        Assert.That(result.Workload!.Id, Is.EqualTo(Agent));
        Assert.That(result.Workload.Method, Is.EqualTo(AuthenticationMethod.JwtSvid));
        Assert.That(result.Workload.ExpireTime, Is.EqualTo(_rig.Time.GetUtcNow().AddMinutes(10)));
        Assert.That(issuer.BundleFile, Is.EqualTo(_rig.PathOf("dev/dev-bundle.json")));
    }

    [Test]
    public async Task Key_that_is_there_is_kept()
    {
        DevIssuer.Create(Folder).Dispose();
        using var again = DevIssuer.Create(Folder);
        using var opened = DevIssuer.Open(Folder);

        Assert.That((await _rig.Authenticate(opened.Mint(Agent, IdentityRig.Audience, TimeSpan.FromMinutes(1), _rig.Time))).Succeeded, Is.True);
    }

    [Test]
    public void Tokens_cannot_be_minted_where_no_development_broker_was() =>
        Assert.That(() => DevIssuer.Open(Folder), Throws.TypeOf<DevIssuerException>().With.Message.Contains("no development key"));

    [Test]
    public void Only_workloads_of_the_development_trust_domain_get_tokens()
    {
        using var issuer = DevIssuer.Create(Folder);

        Assert.That(
            () => issuer.Mint(new WorkloadId("spiffe://example.org/agent"), IdentityRig.Audience, TimeSpan.FromMinutes(1), _rig.Time),
            Throws.TypeOf<DevIssuerException>());
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Key_file_is_its_owners_alone()
    {
        DevIssuer.Create(Folder).Dispose();
        var key = Path.Combine(Folder, "dev-issuer.key");

        Assert.That(File.GetUnixFileMode(key), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.That(() => DevIssuer.Open(Folder), Throws.TypeOf<DevIssuerException>().With.Message.Contains("0600"));
    }

    [Test]
    public void Bundle_does_not_hold_the_private_key()
    {
        using var issuer = DevIssuer.Create(Folder);

        Assert.That(File.ReadAllText(issuer.BundleFile), Does.Contain("jwt-svid").And.Not.Contain("\"d\""));
    }
}
