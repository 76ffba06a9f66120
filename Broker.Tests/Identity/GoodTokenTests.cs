using System.Text.Json.Nodes;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

internal sealed class GoodTokenTests
{
    private const string Issuer = "https://issuer.example";

    private static readonly string[] Algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private IdentityRig _rig = null!;
    private TestKey _key = null!;

    [SetUp]
    public void Start()
    {
        _rig = new IdentityRig(
            ("TrustDomains:0:Name", "example.org"),
            ("TrustDomains:0:BundleFile", "{folder}/bundle.json"),
            ("Issuers:0:Issuer", Issuer),
            ("Issuers:0:KeyFile", "{folder}/keys.json"),
            ("Issuers:0:Workload", "spiffe://example.org/ns/{kubernetes.io.namespace}/sa/{kubernetes.io.serviceaccount.name}"),
            ("Issuers:0:RequiredClaims:0:Claim", "https://example.org/tenant"),
            ("Issuers:0:RequiredClaims:0:Value", "blue"),
            ("Issuers:0:GroupsClaim", "groups"),
            ("Issuers:0:GroupPrefix", "corp:"),
            ("Issuers:0:Attributes:0:Name", "team"),
            ("Issuers:0:Attributes:0:Claim", "org.team"),
            ("Issuers:0:Attributes:1:Name", "verified"),
            ("Issuers:0:Attributes:1:Claim", "verified"),
            ("Issuers:0:Attributes:2:Name", "ref"),
            ("Issuers:0:Attributes:2:Claim", "ref"));
        Use(TestKey.Create("ES256", "key"));
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [TestCaseSource(nameof(Algorithms))]
    public async Task Jwt_svid_is_accepted(string algorithm)
    {
        Use(TestKey.Create(algorithm, "key"));

        var result = await _rig.Authenticate(Svid());

        Assert.That(result.Fault, Is.EqualTo(AuthenticationFault.None));
        Assert.That(result.Authority, Is.EqualTo("example.org"));
        Assert.That(result.Workload!.Id.Value, Is.EqualTo("spiffe://example.org/agent"));
        Assert.That(result.Workload.Method, Is.EqualTo(AuthenticationMethod.JwtSvid));
        Assert.That(result.Workload.ExpireTime, Is.EqualTo(_rig.Time.GetUtcNow().AddMinutes(5)));
    }

    [TestCaseSource(nameof(Algorithms))]
    public async Task Oidc_token_is_accepted(string algorithm)
    {
        Use(TestKey.Create(algorithm, "key"));

        var result = await _rig.Authenticate(Oidc());

        Assert.That(result.Fault, Is.EqualTo(AuthenticationFault.None));
        Assert.That(result.Workload!.Id.Value, Is.EqualTo("spiffe://example.org/ns/prod/sa/builder"));
        Assert.That(result.Workload.Method, Is.EqualTo(AuthenticationMethod.OidcToken));
    }

    [Test]
    public async Task Groups_and_attributes_come_from_the_claims()
    {
        var workload = (await _rig.Authenticate(Oidc())).Workload!;

        Assert.That(workload.Groups, Is.EqualTo(new[] { "corp:builders", "corp:night shift" }));
        Assert.That(workload.Attributes["team"], Is.EqualTo("payments"));
        Assert.That(workload.Attributes["verified"], Is.EqualTo("true"));
        Assert.That(workload.Attributes["ref"], Is.Empty);
    }

    [Test]
    public async Task Groups_and_attributes_that_the_token_lacks_are_left_out()
    {
        var workload = (await _rig.Authenticate(Oidc(claims =>
        {
            claims.Remove("groups");
            claims.Remove("org");
        }))).Workload!;

        Assert.That(workload.Groups, Is.Empty);
        Assert.That(workload.Attributes, Does.Not.ContainKey("team"));
    }

    [TestCase("exp", -29)]
    [TestCase("nbf", 30)]
    [TestCase("iat", 30)]
    public async Task Clocks_may_differ_by_30_seconds(string claim, int seconds)
    {
        var token = Svid(claims => claims[claim] = _rig.Time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds());

        Assert.That((await _rig.Authenticate(token)).Succeeded, Is.True);
    }

    [Test]
    public async Task One_of_several_audiences_is_enough()
    {
        var token = Svid(claims => claims["aud"] = new JsonArray("https://elsewhere.example", IdentityRig.Audience));

        Assert.That((await _rig.Authenticate(token)).Succeeded, Is.True);
    }

    [Test]
    public async Task Scheme_is_compared_without_case()
    {
        var result = await _rig.Authenticator.AuthenticateAsync(new CallerCredentials("bearer " + Svid()), CancellationToken.None);

        Assert.That(result.Succeeded, Is.True);
    }

    [Test]
    public async Task Key_need_not_be_named_where_there_is_one()
    {
        var token = TestTokens.Mint(_key, _rig.SvidClaims("spiffe://example.org/agent"), header => header.Remove("kid"));

        Assert.That((await _rig.Authenticate(token)).Succeeded, Is.True);
    }

    [Test]
    public async Task Issuer_that_is_not_configured_does_not_make_an_svid_a_stranger()
    {
        var token = Svid(claims => claims["iss"] = "https://spire.example.org");

        Assert.That((await _rig.Authenticate(token)).Workload!.Method, Is.EqualTo(AuthenticationMethod.JwtSvid));
    }

    [Test]
    public async Task Audience_of_an_issuer_stands_in_place_of_the_common_one()
    {
        _rig.Set("Issuers:0:Audiences:0", "own");

        Assert.That((await _rig.Authenticate(Oidc())).Fault, Is.EqualTo(AuthenticationFault.AudienceRefused));
        Assert.That((await _rig.Authenticate(Oidc(claims => claims["aud"] = "own"))).Succeeded, Is.True);
    }

    private void Use(TestKey key)
    {
        _key = key;
        _rig.Write("bundle.json", TestTokens.Bundle(1, key));
        _rig.Write("keys.json", TestTokens.KeySet(key));
    }

    private string Svid(Action<JsonObject>? change = null)
    {
        var claims = _rig.SvidClaims("spiffe://example.org/agent");
        change?.Invoke(claims);
        return TestTokens.Mint(_key, claims);
    }

    private string Oidc(Action<JsonObject>? change = null)
    {
        var claims = _rig.OidcClaims(Issuer, "system:serviceaccount:prod:builder");
        claims["https://example.org/tenant"] = "blue";
        claims["kubernetes.io"] = new JsonObject
        {
            ["namespace"] = "prod",
            ["serviceaccount"] = new JsonObject { ["name"] = "builder" },
        };
        claims["groups"] = new JsonArray("builders", "night shift");
        claims["org"] = new JsonObject { ["team"] = "payments" };
        claims["verified"] = true;
        claims["ref"] = "";
        change?.Invoke(claims);
        return TestTokens.Mint(_key, claims);
    }
}
