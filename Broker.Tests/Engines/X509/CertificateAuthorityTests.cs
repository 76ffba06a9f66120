using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.X509;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.X509;

[TestFixture]
internal sealed class CertificateAuthorityTests
{
    private TemporaryFolder _folder = null!;
    private InMemoryDenyList _denyList = null!;

    private string KeyPath => Path.Combine(_folder.Path, "ca.key");

    private string CertificatePath => Path.Combine(_folder.Path, "ca.pem");

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TemporaryFolder();
        _denyList = new InMemoryDenyList(TimeProvider.System);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Brokers_that_start_at_once_on_one_folder_are_one_authority([Values] bool isPair)
    {
        var engines = Enumerable.Range(0, 8).Select(_ => isPair ? PairEngine() : Engine()).ToArray();
        using var start = new Barrier(engines.Length);

        var authorities = await Task.WhenAll(engines.Select(engine => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return engine.ReadAuthorityPem();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.That(authorities.Distinct().Count(), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(isPair ? 3 : 2));
        foreach (var engine in engines)
        {
            using var credential = await IssueAsync(engine);
            using var leaf = credential.Leaf();
            Assert.That(Certificates.Chains(leaf, authorities[0], TimeProvider.System.GetUtcNow(), out var status), Is.True, status);
            await engine.DisposeAsync();
        }
    }

    [Test]
    public async Task Broker_that_starts_again_is_the_same_authority()
    {
        await using var first = Engine();
        var authority = first.ReadAuthorityPem();
        await using var second = Engine();

        Assert.That(second.ReadAuthorityPem(), Is.EqualTo(authority));
    }

    [Test]
    public async Task Start_that_broke_off_after_the_key_is_finished_by_the_next()
    {
        await using var first = Engine();
        first.ReadAuthorityPem();
        var key = await File.ReadAllTextAsync(KeyPath);
        File.Delete(CertificatePath);

        await using var second = Engine();
        await second.CheckAsync(CancellationToken.None);

        Assert.That(await File.ReadAllTextAsync(KeyPath), Is.EqualTo(key));
        Assert.That(File.Exists(CertificatePath), Is.True);
    }

    [Test]
    public async Task Lost_key_is_not_replaced_beside_its_certificate()
    {
        await using var first = Engine();
        first.ReadAuthorityPem();
        File.Delete(KeyPath);

        await using var second = Engine();
        await Assert.ThrowsAsync<EngineException>(async () => await second.CheckAsync(CancellationToken.None));

        Assert.That(File.Exists(KeyPath), Is.False);
    }

    [Test]
    public async Task Certificate_of_another_key_is_refused()
    {
        await using var first = Engine();
        first.ReadAuthorityPem();
        var other = Path.Combine(_folder.Path, "other.key");
        KeyFile.EnsureExists(other);
        File.Move(other, KeyPath, overwrite: true);

        await using var second = Engine();
        await Assert.ThrowsAsync<EngineException>(async () => await second.CheckAsync(CancellationToken.None));
    }

    [Test]
    public async Task Given_intermediate_is_used_and_sent_along_with_the_leaf([Values("EC", "RSA")] string kind)
    {
        using var root = TestAuthority.Root(kind);
        using var intermediate = root.Sign("Intermediate");
        intermediate.WriteTo(KeyPath, CertificatePath, root);
        await using var engine = Engine();
        using var credential = (CertificateCredential)await IssueAsync(engine);

        var sent = new X509Certificate2Collection();
        sent.ImportFromPem(credential.CertificateChain);
        using var anchor = X509Certificate2.CreateFromPem(credential.CertificateAuthority);
        Assert.That(sent, Has.Count.EqualTo(2));
        Assert.That(anchor.Subject, Is.EqualTo("CN=Root"));
        Assert.That(sent[1].Subject, Is.EqualTo("CN=Intermediate"));
        Assert.That(
            Certificates.Chains(sent[0], engine.ReadAuthorityPem(), TimeProvider.System.GetUtcNow(), out var status), Is.True, status);
    }

    [Test]
    public async Task Given_certificate_that_is_no_authority_is_refused()
    {
        using var root = TestAuthority.Root();
        using var leaf = root.Sign("Intermediate", isAuthority: false);
        leaf.WriteTo(KeyPath, CertificatePath, root);
        await using var engine = Engine();

        await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));
    }

    [Test]
    public async Task Openssl_accepts_until_the_serial_is_on_the_crl()
    {
        Assume.That(File.Exists("/usr/bin/openssl"), "openssl is not installed");
        await using var engine = Engine();
        var request = Request();
        using var credential = (CertificateCredential)await engine.IssueAsync(request, CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "leaf.pem"), credential.CertificateChain);

        Assert.That(await OpensslAsync(engine), Does.EndWith("leaf.pem: OK\n"));
        await engine.RevokeAsync(TestLeases.LeaseOf(request), CancellationToken.None);
        Assert.That(await OpensslAsync(engine), Does.Contain("certificate revoked"));
    }

    private async Task<string> OpensslAsync(X509Engine engine)
    {
        var list = await engine.ReadRevocationListAsync(CancellationToken.None);
        var crl = Path.Combine(_folder.Path, "list.pem");
        await File.WriteAllTextAsync(crl, PemEncoding.WriteString("X509 CRL", list.Der.Span));
        using var process = Process.Start(new ProcessStartInfo(
            "/usr/bin/openssl",
            ["verify", "-x509_strict", "-crl_check", "-purpose", "sslclient", "-CAfile", CertificatePath, "-CRLfile", crl, "leaf.pem"])
        {
            WorkingDirectory = _folder.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return errors + await output;
    }

    private static async Task<Credential> IssueAsync(X509Engine engine) => await engine.IssueAsync(Request(), CancellationToken.None);

    private static IssueRequest Request()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TestLeases.Request(
            TestLeases.Grant("x509"),
            new CredentialInput.X509(Certificates.Request(key), default),
            TimeProvider.System.GetUtcNow().AddMinutes(5));
    }

    private X509Engine PairEngine() =>
        (X509Engine)new X509EngineType(_denyList, TimeProvider.System, NullLogger<X509Engine>.Instance).Create(TestLeases.Target("x509", new
        {
            key_file = KeyPath,
            certificate_file = CertificatePath,
            authority = "root-and-intermediate",
            root_key_file = Path.Combine(_folder.Path, "root.key"),
        }));

    private X509Engine Engine() =>
        (X509Engine)new X509EngineType(_denyList, TimeProvider.System, NullLogger<X509Engine>.Instance).Create(
            TestLeases.Target("x509", new { key_file = KeyPath, certificate_file = CertificatePath }));
}
