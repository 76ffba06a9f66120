using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

internal sealed class TokenCacheTests
{
    private const int Capacity = 10;

    private IdentityRig _rig = null!;
    private TestTrustDomain _domain = null!;

    private TokenAuthenticator Authenticator => _rig.Authenticator;

    [SetUp]
    public void Start()
    {
        _rig = new IdentityRig(
            ("TrustDomains:0:Name", "example.org"),
            ("TrustDomains:0:BundleFile", "{folder}/example.org.json"),
            ("RememberedTokens", $"{Capacity}"));
        _domain = new TestTrustDomain("example.org", _rig.Folder, _rig.Time);
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public async Task Second_call_gets_the_workload_of_the_first()
    {
        var token = Bearer("agent");

        var first = await Authenticate(token);
        var second = await Authenticate(token);

        Assert.That(second.Workload, Is.Not.Null.And.SameAs(first.Workload));
        Assert.That(Authenticator.RememberedTokens, Is.EqualTo(1));
    }

    [Test]
    public async Task Remembered_token_ends_with_its_leeway()
    {
        var token = Bearer("agent");
        await Authenticate(token);

        _rig.Time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(29));
        Assert.That((await Authenticate(token)).Succeeded, Is.True);

        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await Authenticate(token)).Fault, Is.EqualTo(AuthenticationFault.Expired));
        Assert.That(Authenticator.RememberedTokens, Is.Zero);
    }

    [Test]
    public async Task Number_of_remembered_tokens_is_bounded()
    {
        for (var i = 0; i < Capacity * 5; i++)
            await Authenticate(Bearer($"agent-{i}"));

        Assert.That(Authenticator.RememberedTokens, Is.InRange(1, Capacity));
    }

    [Test]
    public async Task Token_in_use_outlasts_those_that_are_not()
    {
        var used = Bearer("used");
        var first = await Authenticate(used);
        for (var i = 0; i < Capacity * 5; i++)
        {
            await Authenticate(Bearer($"agent-{i}"));
            Assert.That((await Authenticate(used)).Workload, Is.SameAs(first.Workload));
        }
    }

    [Test]
    public async Task Nothing_is_remembered_when_it_is_turned_off()
    {
        _rig.Set("RememberedTokens", "0");
        var token = Bearer("agent");

        await Authenticate(token);

        Assert.That((await Authenticate(token)).Succeeded, Is.True);
        Assert.That(Authenticator.RememberedTokens, Is.Zero);
    }

    [Test]
    public async Task Changed_configuration_forgets_what_was_believed_under_the_old_one()
    {
        var token = Bearer("agent");
        await Authenticate(token);

        _rig.Reconfigure("Audiences:0", "https://other.example.org");

        Assert.That((await Authenticate(token)).Fault, Is.EqualTo(AuthenticationFault.AudienceRefused));
    }

    [Test]
    public async Task Change_elsewhere_in_the_configuration_forgets_nothing()
    {
        await Authenticate(Bearer("agent"));

        _rig.Reconfigure("../Catalog:Folder", "elsewhere");

        Assert.That(Authenticator.RememberedTokens, Is.EqualTo(1));
    }

    [Test]
    public async Task Faulty_change_of_the_configuration_changes_nothing()
    {
        var token = Bearer("agent");
        await Authenticate(token);

        Assert.That(() => _rig.Reconfigure("TrustDomains:0:Name", "Example.org"), Throws.Exception);

        Assert.That((await Authenticate(token)).Succeeded, Is.True);
    }

    [Test]
    public async Task Concurrent_first_calls_all_succeed()
    {
        var token = Bearer("agent");

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Authenticate(token))));

        Assert.That(results, Has.All.Matches<AuthenticationResult>(result => result.Succeeded));
        Assert.That(Authenticator.RememberedTokens, Is.EqualTo(1));
    }

    private string Bearer(string path) => _domain.Bearer(path, IdentityRig.Audience);

    private async Task<AuthenticationResult> Authenticate(string authorization) =>
        await Authenticator.AuthenticateAsync(new CallerCredentials(authorization), CancellationToken.None);
}
