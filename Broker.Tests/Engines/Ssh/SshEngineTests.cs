using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Engines.X509;

namespace SecretsBroker.Tests.Engines.Ssh;

/// <summary>What is signed, and what is not, as OpenSSH's own tool reads it.</summary>
internal sealed class SshEngineTests
{
    private readonly ManualTime _time = new();
    private InMemoryDenyList _denyList = null!;
    private SshFiles _files = null!;
    private SshEngine _engine = null!;

    [SetUp]
    public void CreateEngine()
    {
        SshFiles.RequireOpenSsh();
        _files = new SshFiles();
        _denyList = new InMemoryDenyList(_time);
        _engine = EngineOf(_files.PathOf("ca.key"));
    }

    [TearDown]
    public async Task DisposeEngine()
    {
        if (_files is not null)
        {
            await _engine.DisposeAsync();
            _files.Dispose();
        }
    }

    [TestCase("ed25519", 0, "ssh-ed25519-cert-v01@openssh.com")]
    [TestCase("ecdsa", 256, "ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    [TestCase("ecdsa", 384, "ecdsa-sha2-nistp384-cert-v01@openssh.com")]
    [TestCase("rsa", 2048, "ssh-rsa-cert-v01@openssh.com")]
    [TestCase("rsa", 4096, "ssh-rsa-cert-v01@openssh.com")]
    public async Task Certificate_says_what_the_grant_says_and_nothing_else(string type, int bits, string expected)
    {
        var request = Request(await PublicKeyAsync(type, bits), new
        {
            principals = (string[])["deploy", "backup"],
            source_addresses = (string[])["10.1.0.0/16", "192.0.2.7"],
            force_command = "systemctl restart web",
            extensions = (string[])["permit-pty", "permit-agent-forwarding"],
        });

        var text = await IssueAndDescribeAsync(request);

        Assert.That(Words(text), Does.Contain(Words($"""
            Type: {expected} user certificate
            """)).And.Contains(Words($"""
            Key ID: "{request.LeaseId}"
            Serial: {SshSerial.Of(request.LeaseId)}
            """)).And.Contains(Words("""
            Principals:
                    deploy
                    backup
            Critical Options:
                    force-command systemctl restart web
                    source-address 10.1.0.0/16,192.0.2.7
            Extensions:
                    permit-agent-forwarding
                    permit-pty
            """)));
    }

    [Test]
    public async Task Grant_that_names_principals_only_gives_nothing_else()
    {
        var text = await IssueAndDescribeAsync(Request(await PublicKeyAsync("ed25519"), new { principals = (string[])["deploy"] }));

        Assert.That(Words(text), Does.EndWith("Principals: deploy Critical Options: (none) Extensions: (none)"));
    }

    [Test]
    public async Task Certificate_begins_half_a_minute_early_and_ends_with_its_lease()
    {
        var text = await IssueAndDescribeAsync(Request(await PublicKeyAsync("ed25519")));

        var local = TimeZoneInfo.Local;
        var (from, to) = (_time.GetUtcNow().AddSeconds(-30), _time.GetUtcNow().AddMinutes(5));
        Assert.That(Words(text), Does.Contain(
            $"Valid: from {TimeZoneInfo.ConvertTime(from, local):yyyy-MM-ddTHH:mm:ss} to {TimeZoneInfo.ConvertTime(to, local):yyyy-MM-ddTHH:mm:ss}"));
    }

    [TestCase("ecdsa-p256", "ecdsa-sha2-nistp256")]
    [TestCase("ecdsa-p384", "ecdsa-sha2-nistp384")]
    [TestCase("ed25519", "ssh-ed25519")]
    public async Task Key_that_is_made_is_of_the_kind_that_the_target_names_and_is_the_same_when_it_is_read_again(string type, string expected)
    {
        var path = _files.PathOf("named.key");
        await using var made = EngineOf(path, type);
        var (request, credential) = await IssueAsync(made);
        using var first = credential;
        Assert.That(made.ReadAuthorityLines(), Does.StartWith($"{expected} "));
        Assert.That(await SshFiles.DescribeAsync(_files.Write(credential)), Does.Contain($"(using {expected})"));

        // The kind that is set says what is made, not what is read.
        await using var read = EngineOf(path);
        Assert.That(read.ReadAuthorityLines(), Is.EqualTo(made.ReadAuthorityLines()));
        await read.RevokeAsync(TestLeases.LeaseOf(request), CancellationToken.None);
        Assert.That(
            await _files.IsRevokedAsync(await read.ReadRevocationListAsync(CancellationToken.None), _files.Write(credential)), Is.True);
    }

    [Test]
    public async Task Authority_may_be_a_key_that_an_operator_made(
        [Values("ed25519", "ecdsa-256", "ecdsa-384")] string type, [Values("openssl", "ssh-keygen")] string tool)
    {
        var path = await _files.NewAuthorityAsync(type, tool);
        await using var engine = EngineOf(path);

        var (_, credential) = await IssueAsync(engine);

        using (credential)
        {
            var (name, pointBytes) = type switch
            {
                "ed25519" => ("ssh-ed25519", 32),
                "ecdsa-256" => ("ecdsa-sha2-nistp256", 65),
                _ => ("ecdsa-sha2-nistp384", 97),
            };
            var blob = Convert.FromBase64String(engine.ReadAuthorityLines().Split(' ')[1]);
            Assert.That(blob[^pointBytes..], Is.EqualTo((await SshFiles.PublicKeyOfAsync(path, tool))[^pointBytes..]));
            Assert.That(await SshFiles.DescribeAsync(_files.Write(credential)), Does.Contain($"(using {name})"));
        }
    }

    [Test]
    public async Task OpenSsl_reads_the_ed25519_key_that_was_made()
    {
        X509Files.RequireOpenssl();
        var path = _files.PathOf("made.key");
        await using var engine = EngineOf(path, "ed25519");
        await engine.CheckAsync(CancellationToken.None);

        var run = await ProgramRun.OfAsync("openssl", ["pkey", "-in", path, "-noout", "-text_pub"]);

        Assert.That(run.Output, Does.StartWith("ED25519 Public-Key:"), run.Errors);
    }

    [TestCase("ecdsa-521", "openssl")]
    [TestCase("ecdsa-521", "ssh-keygen")]
    [TestCase("rsa", "openssl")]
    [TestCase("rsa", "ssh-keygen")]
    public async Task Authority_of_another_kind_is_refused(string type, string tool)
    {
        var path = await _files.NewAuthorityAsync(type, tool);
        await using var engine = EngineOf(path);

        var refusal = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));

        Assert.That(refusal!.IsTransient, Is.False);
        Assert.That(refusal.Message, Is.EqualTo($"key file {path} must hold an Ed25519 key, or an EC key on P-256 or P-384"));
    }

    [Test]
    public async Task Public_key_alone_is_no_authority([Values("ed25519", "ecdsa-256")] string type)
    {
        var path = await _files.NewAuthorityAsync(type, "openssl");
        var publicKey = await SshFiles.PublicKeyOfAsync(path, "openssl");
        await File.WriteAllTextAsync(path, PemEncoding.WriteString("PUBLIC KEY", publicKey));
        await using var engine = EngineOf(path);

        await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));
    }

    [Test]
    public async Task Authority_that_cannot_be_read_is_refused_without_a_word_of_what_the_file_holds()
    {
        var locked = await _files.NewAuthorityAsync("ed25519", "ssh-keygen", passphrase: "correct horse");
        var cut = await _files.NewAuthorityAsync("ed25519", "ssh-keygen");
        var text = await File.ReadAllTextAsync(cut);
        await File.WriteAllTextAsync(cut, PemEncoding.WriteString("OPENSSH PRIVATE KEY", Convert.FromBase64String(Body(text)).AsSpan(..^40)));
        var empty = await _files.NewAuthorityAsync("ed25519", "openssl");
        await File.WriteAllTextAsync(empty, PemEncoding.WriteString("PRIVATE KEY", [0x30, 0]));
        foreach (var path in (string[])[locked, cut, empty])
        {
            await using var engine = EngineOf(path);

            var refusal = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));

            Assert.That(refusal!.IsTransient, Is.False);
            Assert.That(refusal.ToString(), Does.Contain($"key file {path} does not hold a usable key (CryptographicException)"));
            Assert.That(refusal.InnerException, Is.Null);
        }

        static string Body(string pem) => string.Concat(pem.Split('\n').Where(line => !line.StartsWith('-')));
    }

    [Test]
    public async Task Certificate_without_principals_is_never_made()
    {
        var request = Request(await PublicKeyAsync("ed25519"), new { principals = Array.Empty<string>() });

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, CancellationToken.None));

        var empty = new SshCertificate
        {
            Key = SshPublicKey.Parse(await PublicKeyAsync("ed25519"), "key"),
            Serial = 1,
            KeyId = "x",
            Principals = [],
            ValidAfter = _time.GetUtcNow(),
            ValidBefore = _time.GetUtcNow().AddMinutes(1),
        };
        using var authority = SshCertificateAuthority.LoadOrCreate(new SshSettings { KeyFile = _files.PathOf("ca.key"), PreviousKeys = [] }, out _);
        Assert.Throws<InvalidOperationException>(() => empty.Sign(authority));
    }

    [TestCase("dsa-like", "ssh-dss AAAAB3NzaC1kc3MAAAABAQ==")]
    [TestCase("no key", "")]
    [TestCase("no type", "AAAAC3NzaC1lZDI1NTE5AAAAIA==")]
    [TestCase("no base64", "ssh-ed25519 !!!!")]
    [TestCase("cut off", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==")]
    [TestCase("length past the end", "ssh-ed25519 /////w==")]
    [TestCase("private", "-----BEGIN OPENSSH PRIVATE KEY-----")]
    public async Task Text_that_is_no_key_is_refused(string because, string text) => await AssertRefusedAsync(text, because);

    [Test]
    public async Task Key_that_is_dressed_up_or_too_weak_is_refused()
    {
        var good = (await PublicKeyAsync("ed25519")).TrimEnd();
        var blob = Convert.FromBase64String(good.Split(' ')[1]);
        using var credential = (SshCredential)await _engine.IssueAsync(Request(good), CancellationToken.None);

        await AssertRefusedAsync($"command=\"sh\" {good}", "options before the key");
        await AssertRefusedAsync($"{good}\n{good}", "two keys");
        await AssertRefusedAsync($"ssh-ed25519 {Convert.ToBase64String([.. blob, 0])}", "something after the key");
        await AssertRefusedAsync($"ssh-rsa {good.Split(' ')[1]}", "another type than it says");
        await AssertRefusedAsync(credential.Certificate, "a certificate");
        await AssertRefusedAsync(new string(' ', 9_000) + good, "too long");
        await AssertRefusedAsync(await PublicKeyAsync("rsa", 1024), "too short");
        await AssertRefusedAsync(await PublicKeyAsync("ecdsa", 521), "a curve that is not accepted");
        var off = new SshWriter().String("ecdsa-sha2-nistp256").String("nistp256").String([4, .. new byte[63], 1]).ToArray();
        await AssertRefusedAsync($"ecdsa-sha2-nistp256 {Convert.ToBase64String(off)}", "a point off its curve");
        var empty = new SshWriter().String("ssh-rsa").String("").String("").ToArray();
        await AssertRefusedAsync($"ssh-rsa {Convert.ToBase64String(empty)}", "numbers that are missing");
    }

    [Test]
    public async Task List_names_thousands_and_only_those()
    {
        var (revoked, kept) = (Request(await PublicKeyAsync("ed25519")), Request(await PublicKeyAsync("ed25519")));
        using var ofRevoked = await _engine.IssueAsync(revoked, CancellationToken.None);
        using var ofKept = await _engine.IssueAsync(kept, CancellationToken.None);
        for (var i = 0; i < 5_000; i++)
        {
            await _engine.RevokeAsync(TestLeases.LeaseOf(Request("", new { })), CancellationToken.None);
        }

        await _engine.RevokeAsync(TestLeases.LeaseOf(revoked), CancellationToken.None);

        var list = await _engine.ReadRevocationListAsync(CancellationToken.None);
        Assert.That(list.Count, Is.EqualTo(5_001));
        Assert.That(await _files.IsRevokedAsync(list, _files.Write(ofRevoked)), Is.True);
        Assert.That(await _files.IsRevokedAsync(list, _files.Write(ofKept)), Is.False);
    }

    [Test]
    public async Task List_of_another_authority_refuses_nothing_of_this_one()
    {
        var request = Request(await PublicKeyAsync("ed25519"));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        await _engine.RevokeAsync(TestLeases.LeaseOf(request), CancellationToken.None);
        await using var other = EngineOf(await _files.NewAuthorityAsync("ecdsa-256", "ssh-keygen"));

        Assert.That(await _files.IsRevokedAsync(
            await other.ReadRevocationListAsync(CancellationToken.None), _files.Write(credential)), Is.False);
    }

    [Test]
    public async Task Entry_leaves_the_list_when_its_time_is_over_and_counts_as_gone()
    {
        var lease = TestLeases.LeaseOf(Request(await PublicKeyAsync("ed25519")));
        await _engine.RevokeAsync(lease, CancellationToken.None);
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Evidence, Does.Contain($"serial {SshSerial.Of(lease.Id)} in KRL"));

        _time.Advance(TimeSpan.FromMinutes(11));

        Assert.That((await _engine.ReadRevocationListAsync(CancellationToken.None)).Count, Is.Zero);
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task Lease_that_was_cut_after_signing_stays_listed_until_its_credential_has_ended()
    {
        var request = Request(await PublicKeyAsync("ed25519"));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle, ExpireTime = _time.GetUtcNow() - TimeSpan.FromMinutes(6) };

        await _engine.RevokeAsync(lease, CancellationToken.None);

        _time.Advance(request.ExpireTime + DenyListing.Leeway - _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.That(await _denyList.FindAsync("ssh-target", lease.Id, CancellationToken.None), Is.Not.Null);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    [Test]
    public async Task What_is_published_of_the_authority_holds_nothing_private()
    {
        await _engine.CheckAsync(CancellationToken.None);

        Assert.That(_engine.ReadAuthorityLines(), Does.Match(@"^ecdsa-sha2-nistp256 [A-Za-z0-9+/=]+ secrets-broker\n\z"));
    }

    private async Task<string> PublicKeyAsync(string type, int bits = 0) =>
        await File.ReadAllTextAsync(await _files.NewKeyAsync(type, bits) + ".pub");

    private async Task<string> IssueAndDescribeAsync(IssueRequest request)
    {
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        return await SshFiles.DescribeAsync(_files.Write(credential));
    }

    private async Task AssertRefusedAsync(string key, string because)
    {
        var refusal = await Assert.ThrowsAsync<CredentialInputException>(
            async () => await _engine.IssueAsync(Request(key), CancellationToken.None), because);
        Assert.That(refusal!.Message, Does.StartWith("public_key: "));
    }

    private async Task<(IssueRequest Request, Credential Credential)> IssueAsync(SshEngine engine)
    {
        var request = Request(await PublicKeyAsync("ed25519"));
        return (request, await engine.IssueAsync(request, CancellationToken.None));
    }

    private SshEngine EngineOf(string keyFile, string keyType = "ecdsa-p256") =>
        (SshEngine)new SshEngineType(_denyList, _time, NullLogger<SshEngine>.Instance)
            .Create(TestLeases.Target("ssh", new { key_file = keyFile, key_type = keyType }));

    private IssueRequest Request(string publicKey, object? settings = null) => TestLeases.Request(
        TestLeases.Grant("ssh", settings ?? new { principals = (string[])["deploy"] }),
        new CredentialInput.Ssh(publicKey),
        _time.GetUtcNow().AddMinutes(5));

    private static string Words(string text) => string.Join(' ', text.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
}
