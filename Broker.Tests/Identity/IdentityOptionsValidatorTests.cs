using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Identity;

internal sealed class IdentityOptionsValidatorTests
{
    [TestCase("Issuers:0:Issuer", "http://issuer.example", "must be an https URL")]
    [TestCase("Issuers:0:Issuer", "http://127.0.0.1:8080", "must be an https URL")]
    [TestCase("Issuers:0:Issuer", "https://issuer.example?tenant=1", "must be an https URL")]
    [TestCase("Issuers:0:Issuer", "https://user@issuer.example", "must be an https URL")]
    [TestCase("Issuers:0:Issuer", "issuer", "must be an https URL")]
    [TestCase("Issuers:0:Workload", "https://example.org/{sub}", "must be a SPIFFE ID")]
    [TestCase("Issuers:0:Workload", "spiffe://example.org", "must be a SPIFFE ID")]
    [TestCase("Issuers:0:Workload", "spiffe://{tenant}/{sub}", "must name its trust domain itself")]
    [TestCase("Issuers:0:Workload", "spiffe://example.org/{a}-{b}", "one claim at most in a path segment")]
    [TestCase("Issuers:0:Workload", "spiffe://example.org/{a}{b}", "one claim at most in a path segment")]
    [TestCase("Issuers:0:Workload", "spiffe://example.org/{}", "name of a claim between each pair of braces")]
    [TestCase("Issuers:0:Workload", "spiffe://example.org/{sub", "name of a claim between each pair of braces")]
    [TestCase("Issuers:0:Workload", "spiffe://example.org/sub}", "must be a SPIFFE ID")]
    [TestCase("Issuers:0:Workload", "spiffe://dev.local/{sub}", "must not be the development trust domain")]
    [TestCase("Issuers:0:GroupsClaim", "{groups}", "must be the name of a claim")]
    [TestCase("Issuers:0:RequiredClaims:0:Claim", "a{b", "must be the name of a claim")]
    [TestCase("Issuers:0:Attributes:0:Claim", "a}", "must be the name of a claim")]
    [TestCase("Issuers:0:Attributes:0:Name", "1team", "must be a letter")]
    [TestCase("Issuers:1:Issuer", "https://issuer.example", "must not be named twice")]
    [TestCase("TrustDomains:0:Name", "Example.org", "must be a SPIFFE trust domain")]
    [TestCase("TrustDomains:0:Name", "dev.local", "must not be the development trust domain", "spiffe://dev.local/")]
    [TestCase("TrustDomains:0:BundleFile", " ", "must be the path of a trust bundle")]
    [TestCase("TrustDomains:0:WorkloadApi", "true", "needs Identity:WorkloadApi:Socket")]
    [TestCase("TrustDomains:0:WorkloadApi", "true", "a bundle comes from one place")]
    [TestCase("TrustDomains:1:BundleEndpoint:Url", "http://example.org/bundle", "must be an https URL")]
    [TestCase("TrustDomains:1:BundleEndpoint:Url", "https://user@example.org/bundle", "must be an https URL")]
    [TestCase("TrustDomains:2:BundleEndpoint:Profile", "https", "must be https_web or https_spiffe")]
    [TestCase("TrustDomains:2:BundleEndpoint:SpiffeId", "spiffe://web.example/endpoint", "is for https_spiffe only")]
    [TestCase("TrustDomains:2:BundleFile", "bundle.json", "must be empty where BundleEndpoint is https_web")]
    [TestCase("TrustDomains:3:BundleEndpoint:SpiffeId", "spiffe://web.example/endpoint", "in this trust domain")]
    [TestCase("TrustDomains:3:BundleEndpoint:SpiffeId", "", "in this trust domain")]
    [TestCase("TrustDomains:3:BundleEndpoint:CaFile", "ca.pem", "is for https_web only")]
    [TestCase("TrustDomains:3:BundleFile", "", "must be the path of the first bundle")]
    [TestCase("WorkloadApi:Socket", "/run/agent.sock", "must be unix:///PATH")]
    [TestCase("WorkloadApi:Socket", "tcp://127.0.0.1:8000", "must be unix:///PATH")]
    [TestCase("WorkloadApi:StartTimeout", "00:00:00", "must be from")]
    [TestCase("Audiences:0", "", "must have 1 to 1024 characters")]
    [TestCase("DiscoveryTimeout", "00:02:00", "must be from 00:00:00.1000000 to 00:01:00")]
    [TestCase("KeyRefreshInterval", "00:00:01", "must be from")]
    [TestCase("UnknownKeyInterval", "00:00:00", "must be from")]
    [TestCase("KeyLifetime", "00:01:00", "must be from 00:10:00")]
    [TestCase("FileCheckInterval", "-00:00:01", "must be from")]
    [TestCase("RememberedTokens", "-1", "must be from 0 to 1000000")]
    public void Fault_names_the_setting_the_rule_and_the_value(string setting, string value, string rule, string? written = null)
    {
        var faults = FaultsOf((setting, value));

        Assert.That(faults, Has.One.Matches($"^Identity:{setting} .*{Regex.Escape(rule)}"));
        Assert.That(faults, Has.Some.EndsWith($"; it is \"{written ?? value}\""));
    }

    [Test]
    public void Every_fault_is_told_at_once()
    {
        var faults = FaultsOf(
            ("Issuers:0:Issuer", "ftp://x"), ("TrustDomains:0:Name", "X"), ("RememberedTokens", "-1"), ("KeyLifetime", "8.00:00:00"));

        Assert.That(faults, Has.Count.EqualTo(4));
    }

    [Test]
    public void Somebody_must_be_trusted()
    {
        using var rig = new IdentityRig();

        Assert.That(() => rig.Authenticator, Throws.TypeOf<OptionsValidationException>().With.Message.Contains("nobody could authenticate"));
    }

    [Test]
    public void Audience_must_be_named_somewhere()
    {
        var options = new IdentityOptions { TrustDomains = { new TrustDomainOptions { Name = "example.org", BundleFile = "bundle.json" } } };

        Assert.That(
            new IdentityOptionsValidator().Validate(null, options).Failures,
            Has.One.StartsWith("Identity:TrustDomains:0:Audiences must name an audience"));
    }

    [TestCase("https://idp.example", "", false)]
    [TestCase("https://idp.example", "people", true)]
    [TestCase("https://other.example", "", true)]
    public void Token_of_a_person_must_not_be_one_to_call_with(string issuer, string audience, bool isFine)
    {
        var options = new IdentityOptions
        {
            Audiences = { "broker" },
            Issuers = { new IssuerOptions { Issuer = "https://idp.example", Workload = "spiffe://example.org/{sub}" } },
            Initiators = { new InitiatorIssuerOptions { Issuer = issuer } },
        };
        if (audience.Length > 0)
            options.Initiators[0].Audiences.Add(audience);

        Assert.That(new IdentityOptionsValidator().Validate(null, options).Succeeded, Is.EqualTo(isFine));

        options.Issuers[0].RequiredClaims.Add(new RequiredClaimOptions { Claim = "gty", Value = "client-credentials" });
        Assert.That(new IdentityOptionsValidator().Validate(null, options).Succeeded, Is.True);
    }

    [TestCase("Initiators:0:Issuer", "http://idp.example", "must be an https URL")]
    [TestCase("Initiators:0:Issuer", "https://idp.example#x", "no fragment")]
    [TestCase("Initiators:0:NameClaim", "{email}", "must be the name of a claim")]
    [TestCase("Initiators:0:GroupsClaim", "a}", "must be the name of a claim")]
    [TestCase("Initiators:0:RequiredClaims:0:Claim", "", "must be the name of a claim")]
    [TestCase("Dpop:ProofLifetime", "00:10:00", "must be from 00:00:05 to 00:05:00")]
    [TestCase("Dpop:NonceLifetime", "00:00:01", "must be from 00:00:10 to 01:00:00")]
    [TestCase("Dpop:Origins:0", "broker.example.org", "must be scheme and authority")]
    [TestCase("Dpop:Origins:0", "https://broker.example.org/path", "must be scheme and authority")]
    public void Fault_of_initiators_and_proofs_is_told(string setting, string value, string rule) =>
        Assert.That(FaultsOf(("Initiators:0:Issuer", "https://idp.example"), (setting, value)), Has.One.Matches($"^Identity:{setting} .*{Regex.Escape(rule)}"));

    [Test]
    public void Nonce_key_is_named_in_one_way() => Assert.That(
        new IdentityOptionsValidator().Validate(null, new IdentityOptions { Dpop = { NonceKey = new() { File = "a", Env = "B" } } }).Failures,
        Has.One.StartsWith("Identity:Dpop:NonceKey must have either File or Env"));

    [Test]
    public void Development_trust_domain_is_believed_in_development_mode_only()
    {
        var options = new IdentityOptions
        {
            Audiences = { "broker" },
            TrustDomains = { new TrustDomainOptions { Name = "dev.local", BundleFile = "bundle.json" } },
        };
        Assert.That(new IdentityOptionsValidator().Validate(null, options).Failed, Is.True);

        options.Development = true;

        Assert.That(new IdentityOptionsValidator().Validate(null, options).Succeeded, Is.True);
    }

    private static List<string> FaultsOf(params (string Setting, string Value)[] changes)
    {
        using var rig = new IdentityRig(
            [
                ("Issuers:0:Issuer", "https://issuer.example"),
                ("Issuers:0:Workload", "spiffe://example.org/{sub}"),
                ("TrustDomains:0:Name", "example.org"),
                ("TrustDomains:0:BundleFile", "bundle.json"),
                ("TrustDomains:1:Name", "endpoint.example"),
                ("TrustDomains:1:BundleEndpoint:Url", "https://endpoint.example"),
                ("TrustDomains:2:Name", "web.example"),
                ("TrustDomains:2:BundleEndpoint:Url", "https://web.example"),
                ("TrustDomains:3:Name", "spiffe.example"),
                ("TrustDomains:3:BundleFile", "first.json"),
                ("TrustDomains:3:BundleEndpoint:Url", "https://spiffe.example"),
                ("TrustDomains:3:BundleEndpoint:Profile", "https_spiffe"),
                ("TrustDomains:3:BundleEndpoint:SpiffeId", "spiffe://spiffe.example/endpoint"),
                .. changes,
            ]);
        var refused = Assert.Throws<OptionsValidationException>(() => _ = rig.Authenticator);
        return [.. refused!.Failures];
    }
}
