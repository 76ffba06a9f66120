using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>Another certificate of the same authority, put in the place of the one before.</summary>
internal sealed class X509RenewalTests
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private RotatingAuthorities _authorities = null!;

    [SetUp]
    public void Create() => _authorities = new RotatingAuthorities();

    [TearDown]
    public void Dispose() => _authorities.Dispose();

    [Test]
    public async Task Renewed_certificate_is_used_without_a_restart()
    {
        await using var engine = _authorities.Engine("ca");
        using var before = await _authorities.IssueAsync(engine);
        var renewed = Renew("ca");

        _authorities.Time.Advance(LookAgainAfter);
        using var after = await _authorities.IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed).And.Not.EqualTo(before.CertificateAuthority));
        Assert.That(_authorities.Log.Text, Does.Contain("renewed certificate"));
        foreach (var (credential, anchor) in ((CertificateCredential, string)[])[(before, renewed), (after, renewed), (after, before.CertificateAuthority)])
        {
            using var leaf = credential.Leaf();
            Assert.That(Certificates.Chains(leaf, anchor, _authorities.Time.GetUtcNow(), out var status), Is.True, status);
        }

        Assert.That(RotatingAuthorities.ListIn(before), Is.EqualTo(RotatingAuthorities.ListIn(after)), "they have one name and one key, and so one list");
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Links need a privilege there.")]
    public async Task Renewed_certificate_is_used_when_the_folder_behind_links_is_exchanged()
    {
        await using (var maker = _authorities.Engine("ca"))
        {
            maker.Prepare();
        }

        // As Kubernetes mounts a secret: only the middle link is ever exchanged.
        var data = _authorities.PathOf("..data");
        foreach (var folder in (string[])["first", "second"])
        {
            Directory.CreateDirectory(_authorities.PathOf(folder));
            File.Copy(_authorities.PathOf("ca.key"), _authorities.PathOf($"{folder}/ca.key"));
        }

        File.Move(_authorities.PathOf("ca.pem"), _authorities.PathOf("first/ca.pem"));
        File.Delete(_authorities.PathOf("ca.key"));
        Directory.CreateSymbolicLink(data, "first");
        File.CreateSymbolicLink(_authorities.PathOf("ca.key"), "..data/ca.key");
        File.CreateSymbolicLink(_authorities.PathOf("ca.pem"), "..data/ca.pem");
        await using var engine = _authorities.Engine("ca");
        using var before = await _authorities.IssueAsync(engine);
        var renewed = RenewedOf("ca");
        await File.WriteAllTextAsync(_authorities.PathOf("second/ca.pem"), renewed);

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "second");
        _authorities.Time.Advance(LookAgainAfter);
        using var after = await _authorities.IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed).And.Not.EqualTo(before.CertificateAuthority));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "It has no such modes.")]
    public async Task Renewed_certificate_that_could_not_be_used_at_first_is_used_when_it_can()
    {
        await using var engine = _authorities.Engine("ca");
        using var before = await _authorities.IssueAsync(engine);
        var renewed = Renew("ca");
        SetMode("ca.key", UnixFileMode.UserRead | UnixFileMode.OtherRead);
        _authorities.Time.Advance(LookAgainAfter);
        using var meanwhile = await _authorities.IssueAsync(engine);
        Assert.That(meanwhile.CertificateAuthority, Is.EqualTo(before.CertificateAuthority));
        Assert.That(_authorities.Log.Text, Does.Contain("cannot be used"));

        SetMode("ca.key", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _authorities.Time.Advance(LookAgainAfter);
        using var after = await _authorities.IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed));
    }

    [Test]
    public async Task Certificate_of_another_key_in_its_place_is_not_used_and_told()
    {
        await using var engine = _authorities.Engine("ca");
        using var before = await _authorities.IssueAsync(engine);
        await using (var other = _authorities.Engine("other"))
        {
            other.Prepare();
        }

        foreach (var kind in (string[])["key", "pem"])
        {
            _authorities.Write($"ca.{kind}", await File.ReadAllTextAsync(_authorities.PathOf($"other.{kind}")));
        }

        _authorities.Time.Advance(LookAgainAfter);
        using var after = await _authorities.IssueAsync(engine);

        Assert.That(after.CertificateAuthority, Is.EqualTo(before.CertificateAuthority));
        Assert.That(_authorities.Log.Text, Does.Contain("previous_authorities"));
    }

    [Test]
    public async Task While_its_files_cannot_be_used_the_one_before_goes_on()
    {
        await using var engine = _authorities.Engine("ca");
        using var before = await _authorities.IssueAsync(engine);
        _authorities.Write("ca.pem", "spoilt");
        _authorities.Time.Advance(LookAgainAfter);

        using var meanwhile = await _authorities.IssueAsync(engine);
        Assert.That(meanwhile.CertificateAuthority, Is.EqualTo(before.CertificateAuthority));
        Assert.That(_authorities.Log.Text, Does.Contain("cannot be used"));

        var renewed = Renew("ca");
        _authorities.Time.Advance(LookAgainAfter);
        using var after = await _authorities.IssueAsync(engine);
        Assert.That(after.CertificateAuthority, Is.EqualTo(renewed));
    }

    /// <summary>The same authority, with a certificate that is two days younger.</summary>
    private string RenewedOf(string name)
    {
        using var key = AuthorityKey.Read(_authorities.PathOf($"{name}.key"));
        var settings = X509Settings.Read(_authorities.Target(name), new CatalogFaults());
        return AuthorityCertificate.MakeRoot(key, settings.Authority, _authorities.Time.GetUtcNow().AddDays(-2));
    }

    private string Renew(string name)
    {
        var pem = RenewedOf(name);
        _authorities.Write($"{name}.pem", pem);
        return pem;
    }

    private void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_authorities.PathOf(file), mode);
        }
    }
}
