using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Catalog;
using SecretsBroker.Client;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Publication;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>A running broker is given another authority by its catalogue, and both are asked about their certificates.</summary>
internal sealed class X509RotationEndToEndTests
{
    private X509Files _files = null!;
    private PublicationFront _front = null!;
    private TestBroker _broker = null!;

    [SetUp]
    public async Task Start()
    {
        X509Files.RequireOpenssl();
        _files = new X509Files();
        _front = await PublicationFront.StartAsync();
        _broker = await TestBroker.StartAsync(options => options.Catalog = CatalogOf("first", ""));
        _front.Broker = _broker.Publications;
    }

    [TearDown]
    public async Task Stop()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
            await _front.DisposeAsync();
            _files.Dispose();
        }
    }

    [Test]
    public async Task Certificates_of_both_authorities_are_good_until_their_tasks_are_done()
    {
        using var client = _broker.Connect();
        await using var ending = await client.StartTaskAsync("read invoices");
        await using var going = await client.StartTaskAsync("read more invoices");
        var old = await AcquireAsync(ending);
        await RotateAsync();
        var current = await AcquireAsync(going);
        Assert.That(old.Anchor, Is.Not.EqualTo(current.Anchor));
        Assert.That((await AskAsync(old), await AskAsync(current)), Is.EqualTo(("good", "good")));

        await ending.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That((await AskAsync(old), await AskAsync(current)), Is.EqualTo(("revoked", "good")));
        Assert.That(await VerifyAsync(old), Does.Contain("certificate revoked"));
        Assert.That(await VerifyAsync(current), Does.EndWith(": OK\n"));
    }

    private static async Task<(string Chain, string Anchor)> AcquireAsync(BrokerTask task)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var lease = await task.AcquireAsync("read", "invoices-api/invoices", new LeaseOptions { Credential = CredentialRequests.Certificate(key) });
        return (lease.Secret.Certificate.CertificateChain, lease.Secret.Certificate.CertificateAuthority);
    }

    private async Task RotateAsync()
    {
        const string Previous = """
                  previous_authorities:
                    - { key_file: "{folder}/first.key", certificate_file: "{folder}/first.pem", until: "2999-01-01T00:00:00Z" }
            """;
        await File.WriteAllTextAsync(
            Path.Combine(_broker.Folder, "catalog", "test.yaml"),
            CatalogOf("second", Previous).Replace("{folder}", _broker.Folder, StringComparison.Ordinal));
        await _broker.Services.GetRequiredService<CatalogReload>().RunAsync(CancellationToken.None);
    }

    private async Task<string> AskAsync((string Chain, string Anchor) certificate)
    {
        var (leaf, anchor) = (_files.Write("leaf.pem", certificate.Chain), _files.Write("anchor.pem", certificate.Anchor));
        var run = await ProgramRun.OfAsync(
            "openssl", ["ocsp", "-issuer", anchor, "-cert", leaf, "-CAfile", anchor, "-url", $"{_front.Address}v1/x509/agents-ca/ocsp"]);
        Assert.That(run.Errors, Does.Contain("Response verify OK"));
        return run.Output.Split('\n')[0].Split(": ")[^1];
    }

    /// <summary>With the list from the address in the certificate.</summary>
    private async Task<string> VerifyAsync((string Chain, string Anchor) certificate)
    {
        var text = await X509Files.OpensslAsync("x509", "-in", _files.Write("leaf.pem", certificate.Chain), "-noout", "-ext", "crlDistributionPoints");
        using var http = new HttpClient();
        await File.WriteAllBytesAsync(_files.PathOf("crl"), await http.GetByteArrayAsync(text[text.IndexOf("http", StringComparison.Ordinal)..].Trim()));
        await X509Files.OpensslAsync("crl", "-inform", "DER", "-in", _files.PathOf("crl"), "-out", _files.PathOf("crl.pem"));
        return await _files.VerifyAsync(certificate.Chain, certificate.Anchor, "-crl_check", "-CRLfile", _files.PathOf("crl.pem"));
    }

    private string CatalogOf(string name, string previous) => $$"""
        targets:
          - name: agents-ca
            engine: x509
            settings:
              key_file: "{folder}/{{name}}.key"
              certificate_file: "{folder}/{{name}}.pem"
              common_name: {{name}} CA
              base_url: {{_front.Address}}
        {{previous}}
        grants:
          - name: read-invoices
            action: read
            resource: invoices-api/invoices
            target: agents-ca
            default_ttl: 10m
            max_ttl: 10m
        """;
}
