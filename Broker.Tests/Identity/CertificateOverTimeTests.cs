using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Tests.Identity;

/// <summary>One certificate of one connection, call after call, while time and bundle go on.</summary>
internal sealed class CertificateOverTimeTests
{
    private const string Agent = "spiffe://example.org/agent";

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private IdentityRig _rig = null!;
    private TestAuthority _first = null!;
    private TestAuthority _second = null!;
    private PresentedCertificate _certificate = null!;

    [SetUp]
    public async Task Start()
    {
        _rig = new IdentityRig(("TrustDomains:0:Name", "example.org"), ("TrustDomains:0:BundleFile", "{folder}/bundle.json"));
        _first = TestAuthority.Create("example.org", _rig.Time.GetUtcNow());
        _second = TestAuthority.Create("example.org", _rig.Time.GetUtcNow());
        Replace(5, _first);
        _certificate = new PresentedCertificate(_first.Issue(Agent), []);
        await ExpectAsync(AuthenticationFault.None);
    }

    [TearDown]
    public void Stop()
    {
        _certificate.Dispose();
        _rig.Dispose();
    }

    [Test]
    public async Task Certificate_of_a_connection_that_is_closed_is_believed_no_longer()
    {
        _certificate.Dispose();

        await ExpectAsync(AuthenticationFault.CertificateChainRefused);
    }

    [Test]
    public async Task Certificate_that_expires_is_refused_from_then_on()
    {
        _rig.Time.Advance(_certificate.EndTime - _rig.Time.GetUtcNow());
        await ExpectAsync(AuthenticationFault.None);

        _rig.Time.Advance(TimeSpan.FromTicks(1));

        await ExpectAsync(AuthenticationFault.Expired);
    }

    [Test]
    public async Task Workload_is_known_until_the_first_of_the_chain_expires()
    {
        var intermediate = _first.CreateIntermediate("intermediate");
        var early = new PresentedCertificate(
            intermediate.Issue(Agent, leaf => leaf.To = TimeSpan.FromDays(200)), [intermediate.Certificate]);
        var result = await _rig.Authenticate(early);
        Assert.That(result.Workload?.ExpireTime, Is.EqualTo(new DateTimeOffset(intermediate.Certificate.NotAfter)));

        _rig.Time.Advance(TimeSpan.FromDays(101));

        Assert.That((await _rig.Authenticate(early)).Fault, Is.EqualTo(AuthenticationFault.CertificateChainRefused));
    }

    [TestCase(6L)]
    [TestCase(null)]
    public async Task Emptied_bundle_trusts_nobody_at_once(long? sequence)
    {
        Replace(sequence);

        await ExpectAsync(AuthenticationFault.CertificateChainRefused);
    }

    [Test]
    public async Task Authority_that_leaves_the_bundle_is_believed_no_longer()
    {
        Replace(6, _first, _second);
        await ExpectAsync(AuthenticationFault.None);

        Replace(7, _second);

        await ExpectAsync(AuthenticationFault.CertificateChainRefused);
    }

    [Test]
    public async Task Authority_that_comes_back_is_believed_again()
    {
        Replace(6, _second);
        await ExpectAsync(AuthenticationFault.CertificateChainRefused);

        Replace(7, _second, _first);

        await ExpectAsync(AuthenticationFault.None);
    }

    [Test]
    public async Task Bundle_whose_sequence_goes_back_changes_nothing()
    {
        Replace(6, _second);
        await ExpectAsync(AuthenticationFault.CertificateChainRefused);

        Replace(5, _first);

        await ExpectAsync(AuthenticationFault.CertificateChainRefused);
        Assert.That(_rig.Log.Messages, Has.One.Contains("went back from 6 to 5"));
    }

    [Test]
    public async Task Certificate_of_a_workload_in_the_bundle_is_nobodys_authority()
    {
        var self = _first.Issue(Agent, leaf => leaf.SelfSigned = true);

        Replace(6, _first, TestAuthority.From(self, _rig.Time.GetUtcNow()));

        Assert.That(
            (await _rig.Authenticate(new PresentedCertificate(self, []))).Fault, Is.EqualTo(AuthenticationFault.CertificateChainRefused));
    }

    [Test]
    public async Task Nobody_is_believed_before_there_is_a_bundle()
    {
        using var rig = new IdentityRig(("TrustDomains:0:Name", "example.org"), ("TrustDomains:0:BundleFile", "{folder}/none.json"));

        Assert.That((await rig.Authenticate(_certificate)).Fault, Is.EqualTo(AuthenticationFault.KeysUnavailable));
    }

    [TestCase("""{"use":"x509-svid","kty":"EC"}""")]
    [TestCase("""{"use":"x509-svid","x5c":[]}""")]
    [TestCase("""{"use":"x509-svid","x5c":[1]}""")]
    [TestCase("""{"use":"x509-svid","x5c":["not base64"]}""")]
    [TestCase("""{"use":"x509-svid","x5c":["AAAA"]}""")]
    [TestCase("""{"use":"x509-svid","x5c":["{first}","{second}"]}""")]
    [TestCase("""{"x5c":["{second}"]}""")]
    [TestCase("""{"use":"sig","x5c":["{second}"]}""")]
    public async Task Entry_that_is_no_authority_is_passed_over(string entry)
    {
        entry = entry
            .Replace("{first}", Convert.ToBase64String(_first.Certificate.RawData), StringComparison.Ordinal)
            .Replace("{second}", Convert.ToBase64String(_second.Certificate.RawData), StringComparison.Ordinal);
        _rig.Write("bundle.json", $$"""{"keys":[{{entry}},{{_first.ToJwk().ToJsonString()}}],"spiffe_sequence":6}""");
        _rig.Time.Advance(CheckInterval);

        await ExpectAsync(AuthenticationFault.None);
        Assert.That(
            (await _rig.Authenticate(new PresentedCertificate(_second.Issue(Agent), []))).Fault,
            Is.EqualTo(AuthenticationFault.CertificateChainRefused));
        Assert.That(_rig.Log.Messages, Has.Some.Contains(": 1 keys, sequence 6"));
    }

    private void Replace(long? sequence, params TestAuthority[] authorities)
    {
        _rig.Write("bundle.json", TestAuthority.Bundle(sequence, authorities));
        _rig.Time.Advance(CheckInterval);
    }

    private async Task ExpectAsync(AuthenticationFault fault) =>
        Assert.That((await _rig.Authenticate(_certificate)).Fault, Is.EqualTo(fault));
}
