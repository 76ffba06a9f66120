using SecretsBroker.Identity;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Tests.Identity;

/// <summary>Every certificate of <see cref="BadCertificates"/> is refused for its own reason.</summary>
internal sealed class BadCertificateTests
{
    private IdentityRig _rig = null!;
    private BadCertificates _certificates = null!;

    [OneTimeSetUp]
    public void Start()
    {
        _rig = new IdentityRig(
            ("TrustDomains:0:Name", "example.org"),
            ("TrustDomains:0:BundleFile", "{folder}/example.org.json"),
            ("TrustDomains:1:Name", "other.example"),
            ("TrustDomains:1:BundleFile", "{folder}/other.example.json"));
        _certificates = new BadCertificates(_rig.Time.GetUtcNow());
        _rig.Write("example.org.json", TestAuthority.Bundle(1, _certificates.Root));
        _rig.Write("other.example.json", TestAuthority.Bundle(1, _certificates.Other));
    }

    [OneTimeTearDown]
    public void Stop() => _rig.Dispose();

    [TestCaseSource(typeof(BadCertificates), nameof(BadCertificates.Table))]
    public async Task Bad_certificate_is_refused(BadCertificate bad)
    {
        var presented = new PresentedCertificate(bad.Make(_certificates), bad.Issuers(_certificates));

        var result = await _rig.Authenticate(presented);

        Assert.That(result.Workload, Is.Null);
        Assert.That(result.Fault, Is.EqualTo(bad.Expected));
    }

    // Without it the table would pass if everything were refused for its configuration.
    [Test]
    public async Task What_the_bad_certificates_are_made_from_is_good()
    {
        var direct = await _rig.Authenticate(new PresentedCertificate(_certificates.Agent, []));
        var through = await _rig.Authenticate(new PresentedCertificate(
            _certificates.Intermediate.Issue(BadCertificates.Good), [_certificates.Intermediate.Certificate]));
        var other = await _rig.Authenticate(new PresentedCertificate(_certificates.Other.Issue("spiffe://other.example/agent"), []));

        Assert.That(direct.Workload?.Id.Value, Is.EqualTo(BadCertificates.Good));
        Assert.That(direct.Workload!.Method, Is.EqualTo(AuthenticationMethod.X509Svid));
        Assert.That(through.Workload?.Id.Value, Is.EqualTo(BadCertificates.Good));
        Assert.That(other.Workload?.Id.Value, Is.EqualTo("spiffe://other.example/agent"));
    }

    [Test]
    public void Table_shows_every_fault_of_certificates()
    {
        var ofCertificates = Enum.GetValues<AuthenticationFault>()
            .Where(fault => fault.ToString().StartsWith("Certificate", StringComparison.Ordinal));

        Assert.That(ofCertificates.Except(BadCertificates.Table.Select(bad => bad.Expected)), Is.Empty);
    }
}
