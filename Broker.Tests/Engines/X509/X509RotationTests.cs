using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Engines.X509.Ocsp;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines.X509.Ocsp;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>Another certificate of an authority, and another authority, while certificates of the one before live.</summary>
internal sealed class X509RotationTests
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private X509Files _files = null!;
    private ManualTime _time = null!;
    private InMemoryDenyList _denyList = null!;
    private RecordingLogger<X509Engine> _log = null!;

    [SetUp]
    public void Create()
    {
        _files = new X509Files();
        _time = new ManualTime();
        _denyList = new InMemoryDenyList(_time);
        _log = new RecordingLogger<X509Engine>();
    }

    [TearDown]
    public void Dispose() => _files.Dispose();

    [Test]
    public async Task Renewed_certificate_is_used_without_a_restart()
    {
        await using var engine = Engine("ca");
        using var before = await IssueAsync(engine);
        var renewed = Renew("ca");

        _time.Advance(LookAgainAfter);
        using var after = await IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed).And.Not.EqualTo(before.CertificateAuthority));
        Assert.That(_log.Text, Does.Contain("renewed certificate"));
        foreach (var (credential, anchor) in ((CertificateCredential, string)[])[(before, renewed), (after, renewed), (after, before.CertificateAuthority)])
        {
            using var leaf = credential.Leaf();
            Assert.That(Certificates.Chains(leaf, anchor, _time.GetUtcNow(), out var status), Is.True, status);
        }

        Assert.That(ListOf(before), Is.EqualTo(ListOf(after)), "they have one name and one key, and so one list");
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Links need a privilege there.")]
    public async Task Renewed_certificate_is_used_when_the_folder_behind_links_is_exchanged()
    {
        await using (var maker = Engine("ca"))
        {
            maker.Prepare();
        }

        // As Kubernetes mounts a secret: only the middle link is ever exchanged.
        var data = _files.PathOf("..data");
        foreach (var folder in (string[])["first", "second"])
        {
            Directory.CreateDirectory(_files.PathOf(folder));
            File.Copy(_files.PathOf("ca.key"), _files.PathOf($"{folder}/ca.key"));
        }

        File.Move(_files.PathOf("ca.pem"), _files.PathOf("first/ca.pem"));
        File.Delete(_files.PathOf("ca.key"));
        Directory.CreateSymbolicLink(data, "first");
        File.CreateSymbolicLink(_files.PathOf("ca.key"), "..data/ca.key");
        File.CreateSymbolicLink(_files.PathOf("ca.pem"), "..data/ca.pem");
        await using var engine = Engine("ca");
        using var before = await IssueAsync(engine);
        var renewed = RenewedOf("ca");
        await File.WriteAllTextAsync(_files.PathOf("second/ca.pem"), renewed);

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "second");
        _time.Advance(LookAgainAfter);
        using var after = await IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed).And.Not.EqualTo(before.CertificateAuthority));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "It has no such modes.")]
    public async Task Renewed_certificate_that_could_not_be_used_at_first_is_used_when_it_can()
    {
        await using var engine = Engine("ca");
        using var before = await IssueAsync(engine);
        var renewed = Renew("ca");
        SetMode("ca.key", UnixFileMode.UserRead | UnixFileMode.OtherRead);
        _time.Advance(LookAgainAfter);
        using var meanwhile = await IssueAsync(engine);
        Assert.That(meanwhile.CertificateAuthority, Is.EqualTo(before.CertificateAuthority));
        Assert.That(_log.Text, Does.Contain("cannot be used"));

        SetMode("ca.key", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _time.Advance(LookAgainAfter);
        using var after = await IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed));
    }

    [Test]
    public async Task Certificate_of_another_key_in_its_place_is_not_used_and_told()
    {
        await using var engine = Engine("ca");
        using var before = await IssueAsync(engine);
        await using (var other = Engine("other"))
        {
            other.Prepare();
        }

        foreach (var kind in (string[])["key", "pem"])
        {
            _files.Write($"ca.{kind}", await File.ReadAllTextAsync(_files.PathOf($"other.{kind}")));
        }

        _time.Advance(LookAgainAfter);
        using var after = await IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(before.CertificateAuthority));
        Assert.That(_log.Text, Does.Contain("previous_authorities"));
    }

    [Test]
    public async Task While_its_files_cannot_be_used_the_one_before_goes_on()
    {
        await using var engine = Engine("ca");
        using var before = await IssueAsync(engine);
        _files.Write("ca.pem", "spoilt");
        _time.Advance(LookAgainAfter);

        using var meanwhile = await IssueAsync(engine);
        Assert.That(meanwhile.CertificateAuthority, Is.EqualTo(before.CertificateAuthority));
        Assert.That(_log.Text, Does.Contain("cannot be used"));

        var renewed = Renew("ca");
        _time.Advance(LookAgainAfter);
        using var after = await IssueAsync(engine);
        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed));
    }

    [Test]
    public async Task Previous_authority_goes_on_to_say_what_was_revoked_of_its_certificates()
    {
        await using var first = Engine("old");
        var request = Request();
        using var credential = (CertificateCredential)await first.IssueAsync(request, CancellationToken.None);
        using var old = credential.Leaf();
        await using var engine = Engine("new", "old");
        using var other = await IssueAsync(engine);
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
        await using var first = Engine("old");
        using var old = await IssueAsync(first);
        await using var engine = Engine("new", "old");
        using var current = await IssueAsync(engine);
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
        await using var first = Engine("old");
        using var credential = await IssueAsync(first);
        using var issuer = X509Certificate2.CreateFromPem(credential.CertificateAuthority);
        await using var engine = Engine("new", "old");
        engine.Prepare();
        Assert.That(engine.FindIssuer(AskAbout(issuer)), Is.Not.Null);

        _time.Advance(TimeSpan.FromHours(1));

        Assert.That((engine.FindAuthority(IdIn(credential)), engine.FindIssuer(AskAbout(issuer))), Is.EqualTo(((PublishedAuthority?)null, (PublishedAuthority?)null)));
    }

    [Test]
    public async Task While_a_previous_authority_cannot_be_read_nothing_is_proven_and_nobody_is_told_otherwise()
    {
        await using var first = Engine("old");
        var (lease, old) = await IssueLeaseAsync(first);
        old.Dispose();
        File.Delete(_files.PathOf("old.key"));
        await using var engine = Engine("new", "old");
        engine.Prepare();
        using var credential = await IssueAsync(engine);

        await engine.RevokeAsync(lease, CancellationToken.None);

        await Assert.ThrowsAsync<EngineException>(async () => await engine.VerifyAsync(lease, CancellationToken.None));
        Assert.That(File.Exists(_files.PathOf("old.key")), Is.False, "it is not made anew");
        Assert.Throws<EngineException>(() => engine.FindAuthority("another"));
        Assert.That(engine.FindAuthority(IdIn(credential)), Is.SameAs(engine.Current));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Previous_authority_that_cannot_be_read_hides_no_other()
    {
        await using var first = Engine("old");
        using var old = await IssueAsync(first);
        using var issuer = X509Certificate2.CreateFromPem(old.CertificateAuthority);
        await using var engine = Engine("new", "missing", "old");
        var (lease, credential) = await IssueLeaseAsync(engine);
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
        await using var first = Engine("old");
        var (lease, credential) = await IssueLeaseAsync(first);
        credential.Dispose();
        await using var forgetful = Engine("new");
        await using var engine = Engine("new", "old");

        forgetful.Prepare();
        await forgetful.RevokeAsync(lease, CancellationToken.None);

        var verification = await forgetful.VerifyAsync(lease, CancellationToken.None);
        Assert.That(verification.Gone, Is.False);
        Assert.That(verification.Evidence, Does.Contain("previous_authorities"));
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
        _time.Advance(lease.ExpireTime + DenyListing.Leeway - _time.GetUtcNow());
        Assert.That((await forgetful.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Revocation_is_not_proven_when_the_time_of_who_signed_was_over_too_early()
    {
        await using var first = Engine("old");
        var (lease, credential) = await IssueLeaseAsync(first, TimeSpan.FromHours(2));
        credential.Dispose();
        await using var engine = Engine("new", "old");
        engine.Prepare();
        await engine.RevokeAsync(lease, CancellationToken.None);
        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);

        _time.Advance(TimeSpan.FromHours(1));

        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.False);
    }

    [Test]
    public async Task Where_it_was_not_kept_who_signed_the_lists_of_all_prove_it()
    {
        await using var first = Engine("old");
        var (signed, credential) = await IssueLeaseAsync(first);
        credential.Dispose();
        await using var engine = Engine("new", "old");
        await using var unable = Engine("new", "missing");
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

        Type().ValidateChange(Target("old", "older"), Target("new", previous), TimeSpan.FromMinutes(minutes), faults);

        return faults.All.Count;
    }

    [Test]
    public void Two_targets_cannot_have_had_one_authority()
    {
        var faults = new CatalogFaults();

        Type().ValidateTogether([Target("ca"), Target("new", "ca") with { Name = "second" }], faults);

        Assert.That(faults.All.Select(fault => fault.Path), Is.EqualTo((string[])
        [
            "targets/second/settings/previous_authorities/0/key_file", "targets/second/settings/previous_authorities/0/certificate_file",
        ]));
    }

    private static IReadOnlyList<CertificateId> AskAbout(X509Certificate2 issuer) =>
        OcspRequest.Parse(new OcspQuestion(issuer) { Serials = [LeaseId.New(1).ToSerialNumber()] }.Encode())!.Certificates;

    private static string ListOf(CertificateCredential credential)
    {
        using var leaf = credential.Leaf();
        var text = leaf.Extensions.Single(extension => extension.Oid!.Value == "2.5.29.31").Format(multiLine: false);
        return text[text.IndexOf("http", StringComparison.Ordinal)..].Trim();
    }

    private static string IdIn(CertificateCredential credential) => ListOf(credential).Split('/')[^1].TrimEnd(')');

    private async Task AssertSignedByAsync(PublishedAuthority authority, string pem)
    {
        X509Files.RequireOpenssl();
        await File.WriteAllBytesAsync(_files.PathOf("crl"), (await authority.ReadRevocationListAsync(CancellationToken.None)).Der.ToArray());
        var run = await CommandLine.ProgramRun.OfAsync(
            "openssl", ["crl", "-inform", "DER", "-in", _files.PathOf("crl"), "-noout", "-CAfile", _files.Write("issuer.pem", pem)]);
        Assert.That(run.Errors, Does.Contain("verify OK"));
    }

    /// <summary>The same authority, with a certificate that is two days younger.</summary>
    private string RenewedOf(string name)
    {
        using var key = AuthorityKey.Read(_files.PathOf($"{name}.key"));
        return AuthorityCertificate.MakeRoot(key, X509Settings.Read(Target(name), new CatalogFaults()).Authority, _time.GetUtcNow().AddDays(-2));
    }

    private string Renew(string name)
    {
        var pem = RenewedOf(name);
        _files.Write($"{name}.pem", pem);
        return pem;
    }

    private void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_files.PathOf(file), mode);
        }
    }

    private async Task<CertificateCredential> IssueAsync(X509Engine engine) =>
        (CertificateCredential)await engine.IssueAsync(Request(), CancellationToken.None);

    private async Task<(Lease Lease, CertificateCredential Credential)> IssueLeaseAsync(X509Engine engine, TimeSpan? life = null)
    {
        var request = Request() with { ExpireTime = _time.GetUtcNow() + (life ?? TimeSpan.FromMinutes(5)) };
        var credential = (CertificateCredential)await engine.IssueAsync(request, CancellationToken.None);
        return (TestLeases.LeaseOf(request) with { Handle = credential.Handle }, credential);
    }

    private IssueRequest Request() => X509Files.Request() with { ExpireTime = _time.GetUtcNow().AddMinutes(5) };

    private X509EngineType Type() => new(_denyList, _time, _log);

    private X509Engine Engine(string name, params string[] previous) => (X509Engine)Type().Create(Target(name, previous));

    private Target Target(string name, params string[] previous) => TestLeases.Target("x509", new
    {
        key_file = _files.PathOf($"{name}.key"),
        certificate_file = _files.PathOf($"{name}.pem"),
        common_name = $"{name} CA",
        base_url = "https://broker.example/",
        previous_authorities = previous.Select(one => new
        {
            key_file = _files.PathOf($"{one}.key"),
            certificate_file = _files.PathOf($"{one}.pem"),
            until = _time.GetUtcNow().AddHours(1).ToString("O"),
        }),
    });
}
