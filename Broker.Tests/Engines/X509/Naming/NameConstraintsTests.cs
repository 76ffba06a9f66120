using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Tests.Engines.X509.Naming;

/// <summary>What an authority may certify: held to by the broker, and seen by those who verify.</summary>
[TestFixture]
internal sealed class NameConstraintsTests
{
    private static readonly object _settings = new { dns = new[] { "agents.example.org" }, uris = new[] { "example.org" } };

    private X509Files _files = null!;

    [SetUp]
    public void MakeFolder() => _files = new X509Files();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [TestCase("agents.example.org", true)]
    [TestCase("a.b.agents.example.org", true)]
    [TestCase("xagents.example.org", false)]
    [TestCase("example.org", false)]
    [TestCase("agents.example.org.evil.example", false)]
    public void Domain_permits_itself_and_what_is_below_it(string name, bool allowed) =>
        Assert.That(Read("""{"dns":["agents.example.org"]}""").Allow(LeafName.Dns(name)), Is.EqualTo(allowed));

    [TestCase("example.org", "spiffe://example.org/a", true)]
    [TestCase("example.org", "spiffe://sub.example.org/a", false)]
    [TestCase("example.org", "spiffe://evil.test/example.org", false)]
    [TestCase(".example.org", "spiffe://sub.example.org/a", true)]
    [TestCase(".example.org", "spiffe://example.org/a", false)]
    public void Host_permits_itself_or_what_is_below_it(string host, string uri, bool allowed) =>
        Assert.That(Read($$"""{"uris":["{{host}}"]}""").Allow(LeafName.Of(new Uri(uri))), Is.EqualTo(allowed));

    [TestCase("10.1.0.0/16", "10.1.255.1", true)]
    [TestCase("10.1.0.0/16", "10.2.0.1", false)]
    [TestCase("10.1.0.0/16", "2001:db8::1", false)]
    [TestCase("2001:db8::/33", "2001:db8:7fff::1", true)]
    [TestCase("2001:db8::/33", "2001:db8:8000::1", false)]
    public void Network_permits_its_addresses(string network, string address, bool allowed) =>
        Assert.That(Read($$"""{"ips":["{{network}}"]}""").Allow(LeafName.Ip(IPAddress.Parse(address))), Is.EqualTo(allowed));

    [TestCase("""{"dns":["example.org"]}""")]
    [TestCase("""{"uris":["example.org"]}""")]
    [TestCase("""{"ips":["10.0.0.0/8"]}""")]
    public void Kind_that_is_not_named_is_excluded(string settings)
    {
        var constraints = Read(settings);
        LeafName[] names =
            [LeafName.Dns("example.org"), LeafName.Of(new Uri("spiffe://example.org/a")), LeafName.Ip(IPAddress.Parse("10.0.0.1"))];

        Assert.That(names.Count(constraints.Allow), Is.EqualTo(1));
        Assert.That(constraints.Allow(LeafName.Subject), Is.True);
    }

    [Test]
    public void What_is_written_is_read_again()
    {
        var constraints = Read("""{"dns":["example.org"],"ips":["10.0.0.0/8","2001:db8::/32"]}""");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(constraints.ToExtension());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));

        var read = NameConstraints.Of(certificate)!;

        Assert.That(read.ToExtension().RawData, Is.EqualTo(constraints.ToExtension().RawData));
        Assert.That(read.ToExtension().Critical, Is.True);
    }

    [Test]
    public async Task Constraints_that_openssl_wrote_are_read_as_it_means_them()
    {
        X509Files.RequireOpenssl();
        var path = _files.PathOf("constrained.pem");
        await X509Files.OpensslAsync(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", _files.PathOf("k"), "-out", path,
            "-subj", "/CN=a", "-addext",
            "nameConstraints=critical,permitted;DNS:.example.org,permitted;IP:10.0.0.0/255.0.0.0,permitted;email:example.org,excluded;DNS:bad.example.org");
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(path));

        var constraints = NameConstraints.Of(certificate)!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(constraints.Allow(LeafName.Dns("good.example.org")), Is.True);
            Assert.That(constraints.Allow(LeafName.Dns("example.org")), Is.False);
            Assert.That(constraints.Allow(LeafName.Dns("very.bad.example.org")), Is.False);
            Assert.That(constraints.Allow(LeafName.Ip(IPAddress.Parse("10.9.9.9"))), Is.True);
            Assert.That(constraints.Allow(LeafName.Ip(IPAddress.Parse("11.9.9.9"))), Is.False);
            Assert.That(constraints.Allow(LeafName.Of(new Uri("spiffe://anything.example/a"))), Is.True);
        }
    }

    [TestCase("permitted;dirName:dn", false)]
    [TestCase("excluded;dirName:dn", true)]
    public async Task Subject_of_a_lease_is_below_no_directory_name(string constraint, bool allowed)
    {
        X509Files.RequireOpenssl();
        var configuration = _files.Write("openssl.cnf", $"[req]\ndistinguished_name=n\nx509_extensions=e\n[n]\n[e]\nnameConstraints=critical,{constraint}\n[dn]\nO=Corp\n");
        var path = _files.PathOf("constrained.pem");
        await X509Files.OpensslAsync(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", _files.PathOf("k"), "-out", path,
            "-subj", "/CN=a", "-config", configuration);
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(path));

        Assert.That(NameConstraints.Of(certificate)!.Allow(LeafName.Subject), Is.EqualTo(allowed));
    }

    [Test]
    public async Task Verifiers_accept_what_is_within_and_refuse_what_is_not()
    {
        X509Files.RequireOpenssl();
        await using var engine = _files.Engine("root-and-intermediate", _settings);
        using var credential = await X509Files.IssueAsync(
            engine, new { usages = new[] { "client", "server" }, dns_names = new[] { "a.agents.example.org" } });

        await AssertVerifiesAsync(credential.CertificateChain, engine, null);
        await AssertVerifiesAsync(Forge(names => names.AddDnsName("a.agents.example.org")), engine, null);
        await AssertVerifiesAsync(Forge(names => names.AddDnsName("www.example.com")), engine, "permitted subtree violation");
        await AssertVerifiesAsync(Forge(names => names.AddUri(new Uri("spiffe://evil.test/a"))), engine, "permitted subtree violation");
        await AssertVerifiesAsync(Forge(names => names.AddIpAddress(IPAddress.Loopback)), engine, "excluded subtree violation");
        await AssertVerifiesAsync(Forge(names => names.AddEmailAddress("root@agents.example.org")), engine, "permitted subtree violation");
        // What no constraint of the broker's reaches.
        await AssertVerifiesAsync(Forge(names => names.AddUserPrincipalName("root@example.org")), engine, null);
    }

    [Test]
    public async Task Given_authority_s_constraints_are_a_fault_of_the_grant_and_nothing_is_issued()
    {
        using var root = TestAuthority.Root();
        using var own = root.Sign("Own", constraints: Read("""{"dns":["corp.example"],"uris":["example.org"]}"""));
        own.WriteTo(_files.KeyPath, _files.CertificatePath, root);
        var grant = new { usages = new[] { "server" }, dns_names = new[] { "a.corp.example", "a.other.example" }, ip_addresses = new[] { "10.0.0.1" } };

        Assert.That(FaultsOf(grant), Is.EqualTo(new[] { "grants/x509-grant/settings/dns_names", "grants/x509-grant/settings/ip_addresses" }));
        await using var engine = _files.Engine("intermediate");
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await X509Files.IssueAsync(engine, grant));
        Assert.That(failure!.Message, Does.Contain("a.other.example lies outside of the name constraints"));
        using var within = await X509Files.IssueAsync(engine, new { usages = new[] { "server" }, dns_names = new[] { "a.corp.example" } });
        Assert.That(FaultsOf(new { usages = new[] { "server" }, dns_names = new[] { "a.corp.example" } }), Is.Empty);
    }

    [Test]
    public async Task Workload_of_another_trust_domain_gets_no_certificate()
    {
        await using var engine = _files.Engine("root", new { uris = new[] { "elsewhere.example" } });

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await X509Files.IssueAsync(engine));

        Assert.That(failure!.Message, Does.Contain($"{TestLeases.Workload.Value} lies outside of the name constraints"));
    }

    [Test]
    public async Task Constraints_that_the_certificate_was_made_without_are_kept_to_by_the_broker()
    {
        await using (var made = _files.Engine())
        {
            await made.CheckAsync(CancellationToken.None);
        }

        await using var engine = _files.Engine("root", new { uris = new[] { "elsewhere.example" } });

        await Assert.ThrowsAsync<EngineException>(async () => await X509Files.IssueAsync(engine));
    }

    private static NameConstraints Read(string settings)
    {
        var faults = new CatalogFaults();
        var constraints = NameConstraintSettings.Read(
            new SettingsReader(JsonDocument.Parse(settings).RootElement, "name_constraints", faults));
        Assert.That(faults.All, Is.Empty);
        return constraints;
    }

    private IEnumerable<string> FaultsOf(object grant)
    {
        var faults = new CatalogFaults();
        new X509EngineType(_files.DenyList, TimeProvider.System, NullLogger<X509Engine>.Instance).ValidateGrant(
            TestLeases.Grant("x509", grant),
            TestLeases.Target("x509", new { key_file = _files.KeyPath, certificate_file = _files.CertificatePath }),
            faults);
        return faults.All.Select(fault => fault.Path);
    }

    /// <summary>A certificate that the broker would not make, signed by its own key: as if somebody had stolen it.</summary>
    private string Forge(Action<SubjectAlternativeNameBuilder> name)
    {
        using var stolen = ECDsa.Create();
        stolen.ImportFromPem(File.ReadAllText(_files.KeyPath));
        using var authority = X509Certificate2.CreateFromPem(File.ReadAllText(_files.CertificatePath)).CopyWithPrivateKey(stolen);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=forged", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        name(names);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Certificates.ClientAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = TimeProvider.System.GetUtcNow();
        using var forged = request.Create(authority, now.AddMinutes(-1), now.AddMinutes(5), RandomNumberGenerator.GetBytes(8));
        return forged.ExportCertificatePem() + "\n" + File.ReadAllText(_files.CertificatePath);
    }

    private async Task AssertVerifiesAsync(string chain, X509Engine engine, string? fault)
    {
        var anchor = engine.ReadAuthorityPem();
        var root = X509Files.CertificatesOf(anchor)[^1].ExportCertificatePem();
        using var leaf = X509Certificate2.CreateFromPem(chain);
        var openssl = await _files.VerifyAsync(chain, root, "-purpose", "sslclient");
        var valid = Certificates.Chains(leaf, anchor, TimeProvider.System.GetUtcNow(), out var status);

        Assert.That(openssl, fault is null ? Does.EndWith(": OK\n") : Does.Contain(fault));
        Assert.That(valid, Is.EqualTo(fault is null), status);
        Assert.That(status, fault is null ? Is.Empty : Does.Contain("NameConstraint"));
    }
}
