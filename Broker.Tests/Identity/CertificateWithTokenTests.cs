using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Tests.Identity;

/// <summary>A call that brings a token over a connection with a certificate.</summary>
internal sealed class CertificateWithTokenTests
{
    private const string Agent = "spiffe://example.org/agent";

    private readonly TestKey _key = TestKey.Create("ES256", "svid");
    private IdentityRig _rig = null!;
    private TestAuthority _root = null!;

    [SetUp]
    public void Start()
    {
        _rig = new IdentityRig(("TrustDomains:0:Name", "example.org"), ("TrustDomains:0:BundleFile", "{folder}/bundle.json"));
        _root = TestAuthority.Create("example.org", _rig.Time.GetUtcNow());
        var bundle = TestTokens.Bundle(1, _key).Replace("\"keys\":[", $"\"keys\":[{_root.ToJwk().ToJsonString()},", StringComparison.Ordinal);
        _rig.Write("bundle.json", bundle);
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public async Task Both_of_one_workload_are_that_workload()
    {
        var result = await _rig.Authenticate(Presented(_root.Issue(Agent)), Token(Agent));

        Assert.That(result.Workload?.Id.Value, Is.EqualTo(Agent));
        Assert.That(result.Workload!.Method, Is.EqualTo(AuthenticationMethod.JwtSvid), "the token's: it may bring groups and attributes");
        Assert.That(result.Workload.Possession, Is.EqualTo(Possession.Certificate));
    }

    [Test]
    public async Task Both_of_different_workloads_are_refused() =>
        await ExpectAsync(AuthenticationFault.CredentialsDisagree, Presented(_root.Issue("spiffe://example.org/other")), Token(Agent));

    [Test]
    public async Task Bad_token_is_not_made_good_by_a_certificate() =>
        await ExpectAsync(AuthenticationFault.SignatureInvalid, Presented(_root.Issue(Agent)), Token(Agent)[..^8] + "AAAAAAAA");

    [Test]
    public async Task Bad_certificate_is_not_made_good_by_a_token()
    {
        await ExpectAsync(
            AuthenticationFault.Expired, Presented(_root.Issue(Agent, leaf => leaf.To = TimeSpan.FromSeconds(-1))), Token(Agent));
        await ExpectAsync(
            AuthenticationFault.CertificateIdRefused,
            Presented(_root.Issue(Agent, leaf => leaf.Uris.Add("spiffe://example.org/other"))),
            Token(Agent));
        await ExpectAsync(
            AuthenticationFault.CertificateChainRefused, Presented(_root.Issue(Agent, leaf => leaf.SelfSigned = true)), Token(Agent));
    }

    [Test]
    public async Task Certificate_without_an_id_says_nothing_beside_a_token()
    {
        var result = await _rig.Authenticate(Presented(_root.IssueWithoutId(leaf => leaf.SelfSigned = true)), Token(Agent));

        Assert.That(result.Workload?.Id.Value, Is.EqualTo(Agent));
        Assert.That(result.Workload!.Possession, Is.EqualTo(Possession.None));
    }

    private async Task ExpectAsync(AuthenticationFault fault, PresentedCertificate certificate, string token)
    {
        var result = await _rig.Authenticate(certificate, token);

        Assert.That(result.Workload, Is.Null);
        Assert.That(result.Fault, Is.EqualTo(fault));
    }

    private string Token(string workload) => TestTokens.Mint(_key, _rig.SvidClaims(workload));

    private static PresentedCertificate Presented(System.Security.Cryptography.X509Certificates.X509Certificate2 leaf) => new(leaf, []);
}
