using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Ssh;

/// <summary>Another authority, while certificates of the one before live, as OpenSSH sees it.</summary>
[TestFixture("ecdsa-384", "ed25519")]
[TestFixture("ed25519", "ecdsa-p256")]
internal sealed class SshRotationTests(string before, string after)
{
    private SshFiles _files = null!;
    private ManualTime _time = null!;
    private InMemoryDenyList _denyList = null!;
    private string _old = null!;
    private SshEngine _before = null!;
    private SshEngine _engine = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        SshFiles.RequireOpenSsh();
        _files = new SshFiles();
        _time = new ManualTime();
        _denyList = new InMemoryDenyList(_time);
        _old = await _files.NewAuthorityAsync(before, "openssl");
        _before = Engine(new { key_file = _old });
        _engine = Engine(Rotated(_old));
    }

    [TearDown]
    public async Task Dispose()
    {
        if (_engine is not null)
        {
            await _before.DisposeAsync();
            await _engine.DisposeAsync();
            _files.Dispose();
        }
    }

    [Test]
    public async Task List_has_what_was_revoked_of_the_certificates_of_both()
    {
        var (old, current, live) = (await IssueAsync(_before), await IssueAsync(_engine), await IssueAsync(_before));
        foreach (var (lease, _) in ((Lease, string)[])[old, current])
        {
            await _engine.RevokeAsync(lease, CancellationToken.None);
            Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
        }

        var list = await _engine.ReadRevocationListAsync(CancellationToken.None);

        Assert.That(await _files.IsRevokedAsync(list, old.Certificate), Is.True);
        Assert.That(await _files.IsRevokedAsync(list, current.Certificate), Is.True);
        Assert.That(await _files.IsRevokedAsync(list, live.Certificate), Is.False);
        Assert.That(list.Tag, Is.Not.EqualTo((await _before.ReadRevocationListAsync(CancellationToken.None)).Tag), "hosts that have the list of before need this one");
    }

    [Test]
    public void Hosts_are_told_to_trust_both_until_the_time_of_the_one_before_is_over()
    {
        var both = _engine.ReadAuthorityLines().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(both, Has.Length.EqualTo(2));
        Assert.That(both[1], Is.EqualTo(_before.ReadAuthorityLines().TrimEnd()));

        _time.Advance(TimeSpan.FromHours(1));

        Assert.That(_engine.ReadAuthorityLines(), Is.EqualTo($"{both[0]}\n"));
    }

    [Test]
    public async Task Public_key_of_the_one_before_is_enough()
    {
        var old = await IssueAsync(_before);
        var publicKey = await SshFiles.PublicKeyOfAsync(_old, "openssl");
        await File.WriteAllTextAsync(_old, PemEncoding.WriteString("PUBLIC KEY", publicKey));
        await using var engine = Engine(Rotated(_old));
        await engine.RevokeAsync(old.Lease, CancellationToken.None);

        Assert.That(await _files.IsRevokedAsync(await engine.ReadRevocationListAsync(CancellationToken.None), old.Certificate), Is.True);
    }

    [Test]
    public async Task While_the_one_before_cannot_be_read_nothing_is_proven()
    {
        await using var engine = Engine(Rotated(_files.PathOf("missing")));
        var (lease, _) = await IssueAsync(_before);

        await engine.RevokeAsync(lease, CancellationToken.None);

        await Assert.ThrowsAsync<EngineException>(async () => await engine.VerifyAsync(lease, CancellationToken.None));
    }

    [Test]
    public async Task Those_who_can_be_read_are_known_beside_one_who_cannot()
    {
        await using var beside = Engine(new { key_file = _old, previous_keys = Until(_files.PathOf("missing")) });
        await using var behind = Engine(new { key_file = _files.PathOf("missing"), previous_keys = Until(_old) });
        _before.Prepare();
        var signers = _before.ReadSigners();

        Assert.That(signers, Has.Count.EqualTo(1));
        Assert.That((beside.ReadSigners(), behind.ReadSigners()), Is.EqualTo((signers, signers)));
        Assert.That(File.Exists(_files.PathOf("missing")), Is.False);
    }

    [Test]
    public async Task List_that_says_nothing_of_who_signed_proves_no_revocation()
    {
        var (lease, _) = await IssueAsync(_before);
        await using var forgetful = Engine(new { key_file = _files.PathOf("new.key"), key_type = after });
        await forgetful.RevokeAsync(lease, CancellationToken.None);

        var verification = await forgetful.VerifyAsync(lease, CancellationToken.None);

        Assert.That(verification.Gone, Is.False);
        Assert.That(verification.Evidence, Does.Contain("previous_keys"));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
        Assert.That((await forgetful.VerifyAsync(lease with { Handle = DenyListing.HandleOf(lease.ExpireTime) }, CancellationToken.None)).Gone, Is.True, "of a lease from before it was kept who signed");
        _time.Advance(lease.ExpireTime + DenyListing.Leeway - _time.GetUtcNow());
        Assert.That((await forgetful.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task One_before_whose_time_is_over_needs_no_file()
    {
        var settings = Rotated(_files.PathOf("missing"));
        _time.Advance(TimeSpan.FromHours(1));
        await using var engine = Engine(settings);
        var (lease, certificate) = await IssueAsync(engine);

        await engine.RevokeAsync(lease, CancellationToken.None);

        Assert.That((await engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
        Assert.That(await _files.IsRevokedAsync(await engine.ReadRevocationListAsync(CancellationToken.None), certificate), Is.True);
        Assert.That(engine.ReadAuthorityLines().Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
    }

    [TestCase(60, "old", ExpectedResult = 0)]
    [TestCase(61, "old", ExpectedResult = 1, Description = "until an hour from now")]
    [TestCase(60, "new", ExpectedResult = 1, Description = "which was there before")]
    public int Key_that_signed_must_be_kept_as_long_as_its_certificates_may_live(int minutes, string previous)
    {
        var old = TestLeases.Target("ssh", new
        {
            key_file = _old,
            previous_keys = new[] { new { file = "new", until = _time.GetUtcNow().AddHours(1).ToString("O") } },
        });
        var faults = new CatalogFaults();

        new SshEngineType(_denyList, _time, NullLogger<SshEngine>.Instance)
            .ValidateChange(old, TestLeases.Target("ssh", Rotated(previous)), TimeSpan.FromMinutes(minutes), faults);

        return faults.All.Count;
    }

    private object Rotated(string old) => new
    {
        key_file = _files.PathOf("new.key"),
        key_type = after,
        previous_keys = Until(old),
    };

    private object Until(string old) => new[] { new { file = old, until = _time.GetUtcNow().AddHours(1).ToString("O") } };

    private SshEngine Engine(object settings) =>
        (SshEngine)new SshEngineType(_denyList, _time, NullLogger<SshEngine>.Instance).Create(TestLeases.Target("ssh", settings));

    private async Task<(Lease Lease, string Certificate)> IssueAsync(SshEngine engine)
    {
        var request = TestLeases.Request(
            TestLeases.Grant("ssh", new { principals = (string[])["deploy"] }),
            new CredentialInput.Ssh(await File.ReadAllTextAsync($"{await _files.NewKeyAsync("ed25519")}.pub")),
            _time.GetUtcNow().AddMinutes(5));
        using var credential = await engine.IssueAsync(request, CancellationToken.None);
        return (TestLeases.LeaseOf(request) with { Handle = credential.Handle }, _files.Write(credential));
    }
}
