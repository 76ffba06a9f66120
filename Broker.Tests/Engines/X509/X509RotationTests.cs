using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Engines.X509.Ocsp;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines.X509.Ocsp;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>Another authority in the place of one whose certificates live.</summary>
internal sealed class X509RotationTests
{
    private RotatingAuthorities _authorities = null!;

    [SetUp]
    public void Create() => _authorities = new RotatingAuthorities();

    [TearDown]
    public void Dispose() => _authorities.Dispose();

    [Test]
    public async Task Previous_authority_goes_on_to_say_what_was_revoked_of_its_certificates()
    {
        await using var first = _authorities.Engine("old");
        var request = _authorities.Request();
        using var credential = (CertificateCredential)await first.IssueAsync(request, CancellationToken.None);
        using var old = credential.Leaf();
        await using var engine = _authorities.Engine("new", "old");
        using var other = await _authorities.IssueAsync(engine);
        var (published, current) = (engine.FindAuthority(IdIn(credential))!, engine.FindAuthority(IdIn(other))!);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle };

        await engine.RevokeAsync(lease, CancellationToken.None);

        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
        Assert.That(Certificates.Lists(await published.ReadRevocationListAsync(CancellationToken.None), old), Is.True);
        Assert.That(current, Is.SameAs(engine.Current).And.Not.SameAs(published));
        Assert.That(IdIn(credential), Is.Not.EqualTo(IdIn(other)));
        using var issuer = X509Certificate2.CreateFromPem(credential.CertificateAuthority);
        Assert.That(published.Certificate.ToArray(), Is.EqualTo(issuer.RawData));
        await AssertSignedByAsync(published, credential.CertificateAuthority);
        await AssertSignedByAsync(current, other.CertificateAuthority);
    }

    [Test]
    public async Task Question_by_ocsp_is_answered_by_who_issued_the_certificate()
    {
        await using var first = _authorities.Engine("old");
        using var old = await _authorities.IssueAsync(first);
        await using var engine = _authorities.Engine("new", "old");
        using var current = await _authorities.IssueAsync(engine);
        foreach (var credential in (CertificateCredential[])[old, current])
        {
            using var issuer = X509Certificate2.CreateFromPem(credential.CertificateAuthority);
            var asked = AskAbout(issuer);

            var found = engine.FindIssuer(asked);

            Assert.That(found!.Certificate.ToArray(), Is.EqualTo(issuer.RawData));
            using var responder = X509CertificateLoader.LoadCertificate(
                OcspAnswer.Parse(found.SignAnswer([(asked[0], CertificateStatus.Unknown)], nonce: null).ToArray()).ResponderCertificate);
            Assert.That(responder.IssuerName.RawData, Is.EqualTo(issuer.SubjectName.RawData));
        }
    }

    [Test]
    public async Task Previous_authority_is_over_when_its_time_is()
    {
        await using var first = _authorities.Engine("old");
        using var credential = await _authorities.IssueAsync(first);
        using var issuer = X509Certificate2.CreateFromPem(credential.CertificateAuthority);
        await using var engine = _authorities.Engine("new", "old");
        engine.Prepare();
        Assert.That(engine.FindIssuer(AskAbout(issuer)), Is.Not.Null);

        _authorities.Time.Advance(TimeSpan.FromHours(1));

        Assert.That((engine.FindAuthority(IdIn(credential)), engine.FindIssuer(AskAbout(issuer))), Is.EqualTo(((PublishedAuthority?)null, (PublishedAuthority?)null)));
    }

    [Test]
    public async Task While_a_previous_authority_cannot_be_read_nothing_is_proven_and_nobody_is_told_otherwise()
    {
        await using var first = _authorities.Engine("old");
        var (lease, old) = await _authorities.IssueLeaseAsync(first);
        old.Dispose();
        File.Delete(_authorities.PathOf("old.key"));
        await using var engine = _authorities.Engine("new", "old");
        engine.Prepare();
        using var credential = await _authorities.IssueAsync(engine);

        await engine.RevokeAsync(lease, CancellationToken.None);

        await Assert.ThrowsAsync<EngineException>(async () => await engine.VerifyAsync(lease, CancellationToken.None));
        Assert.That(File.Exists(_authorities.PathOf("old.key")), Is.False, "it is not made anew");
        Assert.Throws<EngineException>(() => engine.FindAuthority("another"));
        Assert.That(engine.FindAuthority(IdIn(credential)), Is.SameAs(engine.Current));
        _authorities.Time.Advance(TimeSpan.FromHours(1));
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Previous_authority_that_cannot_be_read_hides_no_other()
    {
        await using var first = _authorities.Engine("old");
        using var old = await _authorities.IssueAsync(first);
        using var issuer = X509Certificate2.CreateFromPem(old.CertificateAuthority);
        await using var engine = _authorities.Engine("new", "missing", "old");
        var (lease, credential) = await _authorities.IssueLeaseAsync(engine);
        credential.Dispose();

        Assert.That(engine.FindAuthority(IdIn(old))?.Certificate.ToArray(), Is.EqualTo(issuer.RawData));
        Assert.That(engine.FindIssuer(AskAbout(issuer)), Is.SameAs(engine.FindAuthority(IdIn(old))));
        Assert.Throws<EngineException>(() => engine.FindAuthority("another"));
        await engine.RevokeAsync(lease, CancellationToken.None);
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Only_the_list_of_who_signed_proves_a_revocation()
    {
        await using var first = _authorities.Engine("old");
        var (lease, credential) = await _authorities.IssueLeaseAsync(first);
        credential.Dispose();
        await using var forgetful = _authorities.Engine("new");
        await using var engine = _authorities.Engine("new", "old");

        forgetful.Prepare();
        await forgetful.RevokeAsync(lease, CancellationToken.None);

        var verification = await forgetful.VerifyAsync(lease, CancellationToken.None);
        Assert.That(verification.Gone, Is.False);
        Assert.That(verification.Evidence, Does.Contain("previous_authorities"));
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
        _authorities.Time.Advance(lease.ExpireTime + DenyListing.Leeway - _authorities.Time.GetUtcNow());
        Assert.That((await forgetful.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Revocation_is_not_proven_when_the_time_of_who_signed_was_over_too_early()
    {
        await using var first = _authorities.Engine("old");
        var (lease, credential) = await _authorities.IssueLeaseAsync(first, TimeSpan.FromHours(2));
        credential.Dispose();
        await using var engine = _authorities.Engine("new", "old");
        engine.Prepare();
        await engine.RevokeAsync(lease, CancellationToken.None);
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);

        _authorities.Time.Advance(TimeSpan.FromHours(1));

        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.False);
    }

    [Test]
    public async Task Where_it_was_not_kept_who_signed_the_lists_of_all_prove_it()
    {
        await using var first = _authorities.Engine("old");
        var (signed, credential) = await _authorities.IssueLeaseAsync(first);
        credential.Dispose();
        await using var engine = _authorities.Engine("new", "old");
        await using var unable = _authorities.Engine("new", "missing");
        foreach (var handle in (string[])["", DenyListing.HandleOf(signed.ExpireTime)])
        {
            var lease = signed with { Handle = handle, Id = LeaseId.New(1) };
            Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.False);

            await engine.RevokeAsync(lease, CancellationToken.None);

            Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
            await Assert.ThrowsAsync<EngineException>(async () => await unable.VerifyAsync(lease, CancellationToken.None));
        }
    }

    [TestCase(60, "old", ExpectedResult = 0)]
    [TestCase(61, "old", ExpectedResult = 1, Description = "until an hour from now")]
    [TestCase(60, "older", ExpectedResult = 1, Description = "which was there before")]
    public int Authority_that_signed_must_be_kept_as_long_as_its_certificates_may_live(int minutes, string previous)
    {
        var faults = new CatalogFaults();

        _authorities.Type().ValidateChange(_authorities.Target("old", "older"), _authorities.Target("new", previous), TimeSpan.FromMinutes(minutes), faults);

        return faults.All.Count;
    }

    [Test]
    public void Two_targets_cannot_have_had_one_authority()
    {
        var faults = new CatalogFaults();

        _authorities.Type().ValidateTogether([_authorities.Target("ca"), _authorities.Target("new", "ca") with { Name = "second" }], faults);

        Assert.That(faults.All.Select(fault => fault.Path), Is.EqualTo((string[])
        [
            "targets/second/settings/previous_authorities/0/key_file", "targets/second/settings/previous_authorities/0/certificate_file",
        ]));
    }

    private static IReadOnlyList<CertificateId> AskAbout(X509Certificate2 issuer) =>
        OcspRequest.Parse(new OcspQuestion(issuer) { Serials = [LeaseId.New(1).ToSerialNumber()] }.Encode())!.Certificates;

    private static string IdIn(CertificateCredential credential) => RotatingAuthorities.ListIn(credential).Split('/')[^1].TrimEnd(')');

    private async Task AssertSignedByAsync(PublishedAuthority authority, string pem)
    {
        X509Files.RequireOpenssl();
        var list = _authorities.PathOf("crl");
        await File.WriteAllBytesAsync(list, (await authority.ReadRevocationListAsync(CancellationToken.None)).Der.ToArray());
        var run = await CommandLine.ProgramRun.OfAsync(
            "openssl", ["crl", "-inform", "DER", "-in", list, "-noout", "-CAfile", _authorities.Write("issuer.pem", pem)]);
        Assert.That(run.Errors, Does.Contain("verify OK"));
    }
}
