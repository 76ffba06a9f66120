using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>An authority whose certificate somebody else has signed, and what is wrong with some.</summary>
[TestFixture]
internal sealed class AuthorityChainTests
{
    private X509Files _files = null!;

    [SetUp]
    public void MakeFolder() => _files = new X509Files();

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [Test]
    public async Task Chain_of_three_is_sent_along_up_to_the_root()
    {
        X509Files.RequireOpenssl();
        using var root = TestAuthority.Root(pathLength: 2);
        using var middle = root.Sign("Middle", pathLength: 1);
        using var own = middle.Sign("Own", pathLength: 0);
        own.WriteTo(_files.KeyPath, _files.CertificatePath, middle, root);
        await using var engine = _files.Engine("intermediate");

        using var credential = await X509Files.IssueAsync(engine);

        Assert.That(Subjects(credential.CertificateChain).Skip(1), Is.EqualTo(new[] { "CN=Own", "CN=Middle" }));
        Assert.That(Subjects(credential.CertificateAuthority), Is.EqualTo(new[] { "CN=Root" }));
        Assert.That(await _files.VerifyAsync(credential.CertificateChain, root.Pem, "-purpose", "sslclient"), Does.EndWith(": OK\n"));
    }

    [Test]
    public async Task Chain_without_its_root_is_sent_along_as_a_whole()
    {
        X509Files.RequireOpenssl();
        using var root = TestAuthority.Root();
        using var middle = root.Sign("Middle");
        using var own = middle.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, middle);
        await using var engine = _files.Engine("intermediate");

        using var credential = await X509Files.IssueAsync(engine);

        Assert.That(Subjects(credential.CertificateChain).Skip(1), Is.EqualTo(new[] { "CN=Own", "CN=Middle" }));
        Assert.That(await _files.VerifyAsync(credential.CertificateChain, root.Pem), Does.EndWith(": OK\n"));
    }

    [Test]
    public void Chain_out_of_order_is_refused()
    {
        using var root = TestAuthority.Root();
        using var middle = root.Sign("Middle");
        using var own = middle.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, root, middle);

        AssertRefused("each after the one that it signed");
    }

    [Test]
    public void Chain_with_a_gap_is_refused()
    {
        using var root = TestAuthority.Root();
        using var middle = root.Sign("Middle");
        using var own = middle.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, root);

        AssertRefused("each after the one that it signed");
    }

    [Test]
    public void Issuer_of_the_same_name_and_another_key_is_refused()
    {
        using var root = TestAuthority.Root();
        using var impostor = TestAuthority.Root();
        using var own = root.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, impostor);

        AssertRefused("each after the one that it signed");
    }

    [Test]
    public void Issuer_that_allows_no_authority_below_it_is_refused()
    {
        using var root = TestAuthority.Root(pathLength: 0);
        using var own = root.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, root);

        AssertRefused("holds at place 2 a CA that allows only 0 below it");
    }

    [Test]
    public void Issuer_that_is_no_authority_is_refused()
    {
        using var root = TestAuthority.Root();
        using var leaf = root.Sign("Leaf", isAuthority: false);
        using var own = leaf.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, leaf, root);

        AssertRefused("holds at place 2 a certificate that is no CA's");
    }

    [Test]
    public void File_without_a_certificate_is_refused()
    {
        File.WriteAllText(_files.CertificatePath, "nothing");

        AssertRefused("must hold 1 to 8 certificates");
    }

    [Test]
    public async Task Nothing_is_signed_that_outlives_an_authority_above()
    {
        using var root = TestAuthority.Root();
        using var middle = root.Sign("Middle", lifetime: TimeSpan.FromMinutes(4));
        using var own = middle.Sign("Own");
        own.WriteTo(_files.KeyPath, _files.CertificatePath, middle, root);
        await using var engine = _files.Engine("intermediate");

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await X509Files.IssueAsync(engine));

        Assert.That(failure!.Message, Does.EndWith("ends before the lease"));
        Assert.That(failure.IsTransient, Is.False);
    }

    [Test]
    public async Task Authority_whose_time_is_over_is_told()
    {
        using var root = TestAuthority.Root();
        using var own = root.Sign("Own", lifetime: TimeSpan.FromMinutes(-1));
        own.WriteTo(_files.KeyPath, _files.CertificatePath, root);
        await using var engine = _files.Engine("intermediate");

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));

        Assert.That(failure!.Message, Does.EndWith("has ended"));
    }

    [Test]
    public async Task Intermediate_that_nobody_has_signed_yet_is_not_replaced_by_a_root()
    {
        await using var engine = _files.Engine("intermediate");

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await X509Files.IssueAsync(engine));

        Assert.That(failure!.Message, Does.Contain("broker target ca-request"));
        Assert.That(Directory.GetFiles(_files.Folder), Is.Empty);
    }

    [Test]
    public async Task Own_root_is_not_needed_once_it_has_signed()
    {
        X509Files.RequireOpenssl();
        await using (var first = _files.Engine("root-and-intermediate"))
        {
            await first.CheckAsync(CancellationToken.None);
        }

        File.Delete(_files.RootKeyPath);
        await using var engine = _files.Engine("root-and-intermediate");
        using var credential = await X509Files.IssueAsync(engine);

        Assert.That(Subjects(credential.CertificateChain).Skip(1), Is.EqualTo(new[] { "CN=Secrets Broker CA" }));
        Assert.That(Subjects(credential.CertificateAuthority), Is.EqualTo(new[] { "CN=Secrets Broker CA Root" }));
        Assert.That(
            await _files.VerifyAsync(credential.CertificateChain, credential.CertificateAuthority, "-purpose", "sslclient"),
            Does.EndWith(": OK\n"));
        using var leaf = credential.Leaf();
        Assert.That(
            Certificates.Chains(leaf, engine.ReadAuthorityPem(), TimeProvider.System.GetUtcNow(), out var status), Is.True, status);
    }

    [Test]
    public async Task No_second_root_is_made_where_the_first_was_taken_away()
    {
        await using (var first = _files.Engine("root-and-intermediate"))
        {
            await first.CheckAsync(CancellationToken.None);
        }

        File.Delete(_files.RootKeyPath);
        File.Delete(_files.CertificatePath);
        await using var engine = _files.Engine("root-and-intermediate");

        await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));

        Assert.That(Directory.GetFiles(_files.Folder), Is.EqualTo(new[] { _files.KeyPath }));
    }

    [Test]
    public void Catalogue_has_a_fault_where_the_certificates_are_none_of_an_authority()
    {
        using var root = TestAuthority.Root();
        using var leaf = root.Sign("Leaf", isAuthority: false);
        leaf.WriteTo(_files.KeyPath, _files.CertificatePath, root);
        var faults = new CatalogFaults();

        new X509EngineType(_files.DenyList, TimeProvider.System, NullLogger<X509Engine>.Instance).ValidateTarget(
            TestLeases.Target("x509", new { key_file = _files.KeyPath, certificate_file = _files.CertificatePath }), faults);

        var fault = faults.All.Single();
        Assert.That(fault.Path, Is.EqualTo("targets/x509-target/settings/certificate_file"));
        Assert.That(fault.Rule, Does.EndWith("holds at place 1 a certificate that is no CA's"));
    }

    private static IEnumerable<string> Subjects(string pem) => X509Files.CertificatesOf(pem).Select(certificate => certificate.Subject);

    private void AssertRefused(string why)
    {
        var failure = Assert.Throws<EngineException>(() => AuthorityChain.Read(_files.CertificatePath).Dispose());
        Assert.That(failure!.Message, Does.StartWith($"certificate_file {_files.CertificatePath} ").And.Contain(why));
        Assert.That(failure.IsTransient, Is.False);
    }
}
