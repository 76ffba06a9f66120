using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.X509;

[TestFixture]
internal sealed class X509EngineTests
{
    private TemporaryFolder _folder = null!;
    private ManualTime _time = null!;
    private InMemoryDenyList _denyList = null!;
    private RecordingLogger<X509Engine> _log = null!;
    private X509Engine _engine = null!;

    private string KeyPath => Path.Combine(_folder.Path, "ca.key");

    private string CertificatePath => Path.Combine(_folder.Path, "ca.pem");

    [SetUp]
    public void Create()
    {
        _folder = new TemporaryFolder();
        _time = new ManualTime();
        _denyList = new InMemoryDenyList(_time);
        _log = new RecordingLogger<X509Engine>();
        _engine = Engine();
    }

    [TearDown]
    public async Task Dispose()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Certificate_says_whose_it_is_what_for_and_until_when()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(Csr(key));
        using var credential = (CertificateCredential)await _engine.IssueAsync(request, CancellationToken.None);
        using var leaf = credential.Leaf();
        using var authority = X509Certificate2.CreateFromPem(credential.CertificateAuthority);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(leaf.SerialNumberBytes.ToArray(), Is.EqualTo(request.LeaseId.ToSerialNumber()));
            Assert.That(credential.SerialNumber, Is.EqualTo(Convert.ToHexStringLower(request.LeaseId.ToSerialNumber())));
            Assert.That(leaf.PublicKey.ExportSubjectPublicKeyInfo(), Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
            Assert.That(new DateTimeOffset(leaf.NotBefore), Is.EqualTo(_time.GetUtcNow().AddSeconds(-30)));
            Assert.That(new DateTimeOffset(leaf.NotAfter), Is.EqualTo(request.ExpireTime));
            Assert.That(Names(leaf), Is.EqualTo(new[] { TestLeases.Workload.Value }));
            Assert.That(Extension<X509BasicConstraintsExtension>(leaf).CertificateAuthority, Is.False);
            Assert.That(Extension<X509KeyUsageExtension>(leaf).KeyUsages, Is.EqualTo(X509KeyUsageFlags.DigitalSignature));
            Assert.That(
                Extension<X509EnhancedKeyUsageExtension>(leaf).EnhancedKeyUsages.Cast<Oid>().Select(o => o.Value),
                Is.EqualTo(new[] { "1.3.6.1.5.5.7.3.2" }));
            Assert.That(
                Extension<X509AuthorityKeyIdentifierExtension>(leaf).KeyIdentifier!.Value.ToArray(),
                Is.EqualTo(Extension<X509SubjectKeyIdentifierExtension>(authority).SubjectKeyIdentifierBytes.ToArray()));
            Assert.That(
                Encoding.Latin1.GetString(leaf.Extensions["2.5.29.31"]!.RawData),
                Does.Contain("https://broker.example/v1/x509/x509-target/crl"));
            Assert.That(IntendedUseOf(leaf), Is.EqualTo(("read", "invoices-api/invoices")));
            Assert.That(leaf.Extensions[IntendedUse.Oid]!.Critical, Is.False);
        }
    }

    [Test]
    public async Task Request_gets_nothing_but_its_key_certified()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var csr = Certificates.Request(key, asked =>
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri("spiffe://example.org/admin"));
            names.AddDnsName("broker.example");
            asked.CertificateExtensions.Add(names.Build());
            asked.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
            asked.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
            asked.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
            asked.CertificateExtensions.Add(new X509Extension("1.2.3.4", [0x05, 0x00], critical: true));
        });
        var request = Request(new CredentialInput.X509(csr, default));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        using var leaf = credential.Leaf();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(leaf.Subject, Is.EqualTo($"CN={request.LeaseId}"));
            Assert.That(Names(leaf), Is.EqualTo(new[] { TestLeases.Workload.Value }));
            Assert.That(Extension<X509BasicConstraintsExtension>(leaf).CertificateAuthority, Is.False);
            Assert.That(Extension<X509KeyUsageExtension>(leaf).KeyUsages, Is.EqualTo(X509KeyUsageFlags.DigitalSignature));
            Assert.That(
                Extension<X509EnhancedKeyUsageExtension>(leaf).EnhancedKeyUsages.Cast<Oid>().Select(o => o.Value),
                Is.EqualTo(new[] { "1.3.6.1.5.5.7.3.2" }));
            Assert.That(leaf.Extensions["1.2.3.4"], Is.Null);
            Assert.That(leaf.PublicKey.ExportSubjectPublicKeyInfo(), Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
        }
    }

    [Test]
    public async Task Certificate_does_not_chain_before_and_after_its_time()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(Csr(key));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        using var leaf = credential.Leaf();
        var anchor = _engine.ReadAuthorityPem();

        Assert.That(Certificates.Chains(leaf, anchor, request.ExpireTime.AddSeconds(-1), out var status), Is.True, status);
        Assert.That(Certificates.Chains(leaf, anchor, request.ExpireTime, out _), Is.False);
        Assert.That(Certificates.Chains(leaf, anchor, _time.GetUtcNow().AddSeconds(-31), out _), Is.False);
    }

    [Test]
    public async Task Lease_that_is_over_gets_no_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(Csr(key)) with { ExpireTime = _time.GetUtcNow().AddMinutes(-1) };

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, CancellationToken.None));
    }

    [Test]
    public async Task Crl_grows_and_is_built_anew_when_it_grows_old()
    {
        var first = await _engine.ReadRevocationListAsync(CancellationToken.None);
        Assert.That(await _engine.ReadRevocationListAsync(CancellationToken.None), Is.SameAs(first));

        await _engine.RevokeAsync(TestLeases.LeaseOf(Request(new CredentialInput.None())), CancellationToken.None);
        var second = await _engine.ReadRevocationListAsync(CancellationToken.None);
        Assert.That(second.Number, Is.GreaterThan(first.Number));

        _time.Advance(TimeSpan.FromMinutes(6));
        var third = await _engine.ReadRevocationListAsync(CancellationToken.None);
        Assert.That(third.Number, Is.GreaterThan(second.Number));
        Assert.That(third.NextUpdate, Is.EqualTo(_time.GetUtcNow().AddMinutes(10)));
    }

    [Test]
    public async Task Certificate_that_ended_is_gone_when_its_entry_is_over()
    {
        var lease = TestLeases.LeaseOf(Request(new CredentialInput.None()));
        await _engine.RevokeAsync(lease, CancellationToken.None);

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Evidence, Does.Contain("serial on CRL"));
        // By then the CRL was built anew, without it.
        _time.Advance(TimeSpan.FromMinutes(5));
        var verification = await _engine.VerifyAsync(lease, CancellationToken.None);

        Assert.That(verification.Gone, Is.True);
        Assert.That(verification.Evidence, Does.Contain("ended by itself"));
    }

    [Test]
    public async Task Lease_that_was_cut_after_signing_stays_listed_until_its_credential_has_ended()
    {
        var request = Request(Csr(ECDsa.Create(ECCurve.NamedCurves.nistP256)));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle, ExpireTime = _time.GetUtcNow() - TimeSpan.FromMinutes(6) };

        await _engine.RevokeAsync(lease, CancellationToken.None);

        _time.Advance(request.ExpireTime + DenyListing.Leeway - _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.That(await _denyList.FindAsync("x509-target", lease.Id, CancellationToken.None), Is.Not.Null);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Unreachable_deny_list_fails_as_the_target_does()
    {
        _denyList.IsDown = true;
        var lease = TestLeases.LeaseOf(Request(new CredentialInput.None()));

        foreach (var call in (Func<Task>[])
            [
                async () => await _engine.RevokeAsync(lease, CancellationToken.None),
                async () => await _engine.VerifyAsync(lease, CancellationToken.None),
                async () => await _engine.CheckAsync(CancellationToken.None),
            ])
        {
            Assert.That((await Assert.ThrowsAsync<EngineException>(call))!.IsTransient, Is.True);
        }
    }

    [Test]
    public async Task Private_key_shows_in_no_log_and_no_exception()
    {
        await _engine.CheckAsync(CancellationToken.None);
        var secret = File.ReadAllLines(KeyPath)[1];
        File.Delete(CertificatePath);
        File.WriteAllText(CertificatePath, "nothing");
        await using var broken = Engine();
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await broken.CheckAsync(CancellationToken.None));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var credential = await _engine.IssueAsync(Request(Csr(key)), CancellationToken.None);
        var issued = (CertificateCredential)credential;

        Assert.That(_log.Text, Does.Contain(CertificatePath).And.Not.Contain(secret));
        Assert.That(failure!.ToString(), Does.Not.Contain(secret));
        Assert.That(issued.CertificateChain + issued.CertificateAuthority, Does.Not.Contain(secret).And.Not.Contain("PRIVATE"));
    }

    private static CredentialInput Csr(ECDsa key) => new CredentialInput.X509(Certificates.Request(key), default);

    private static T Extension<T>(X509Certificate2 certificate)
        where T : X509Extension => certificate.Extensions.OfType<T>().Single();

    private static (string Action, string Resource) IntendedUseOf(X509Certificate2 certificate)
    {
        var reader = new AsnReader(certificate.Extensions[IntendedUse.Oid]!.RawData, AsnEncodingRules.DER).ReadSequence();
        return (reader.ReadCharacterString(UniversalTagNumber.UTF8String), reader.ReadCharacterString(UniversalTagNumber.UTF8String));
    }

    private static List<string> Names(X509Certificate2 certificate)
    {
        var names = new List<string>();
        var reader = new AsnReader(
            Extension<X509SubjectAlternativeNameExtension>(certificate).RawData, AsnEncodingRules.DER).ReadSequence();
        while (reader.HasData)
        {
            // GeneralName [6], a URI; anything else would throw.
            names.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, 6)));
        }

        return names;
    }

    private IssueRequest Request(CredentialInput input) =>
        TestLeases.Request(TestLeases.Grant("x509"), input, _time.GetUtcNow().AddMinutes(5));

    private X509Engine Engine() => (X509Engine)new X509EngineType(_denyList, _time, _log).Create(TestLeases.Target("x509", new
    {
        key_file = KeyPath,
        certificate_file = CertificatePath,
        base_url = "https://broker.example/",
    }));
}
