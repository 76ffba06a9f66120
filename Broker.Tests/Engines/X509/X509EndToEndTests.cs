using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Client;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Publication;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>From an agent's client library to those who are shown its certificate, and ask the broker whether it is still good.</summary>
internal sealed class X509EndToEndTests
{
    // Of this run alone: the platform keeps CRLs in the user's home, by the issuer's name and the address.
    private readonly string _name = $"Test CA {RandomNumberGenerator.GetHexString(16)}";

    private X509Files _files = null!;
    private PublicationFront _front = null!;
    private TestBroker _broker = null!;

    [SetUp]
    public async Task Start()
    {
        _files = new X509Files();
        _front = await PublicationFront.StartAsync();
        _broker = await TestBroker.StartAsync(options => options.Catalog =
            $$"""
            targets:
              - name: agents-ca
                engine: x509
                settings:
                  authority: root-and-intermediate
                  key_file: "{folder}/agents-ca.key"
                  certificate_file: "{folder}/agents-ca.pem"
                  root_key_file: "{folder}/root.key"
                  common_name: {{_name}}
                  base_url: {{_front.Address}}
                  ocsp_lifetime: 10s
                  name_constraints: { uris: [dev.local], dns: [agents.dev.local] }
            grants:
              - name: read-invoices
                action: read
                resource: invoices-api/invoices
                target: agents-ca
                default_ttl: 10m
                max_ttl: 10m
              - name: serve-reports
                action: read
                resource: reports/https
                target: agents-ca
                default_ttl: 10m
                max_ttl: 10m
                settings:
                  usages: [server]
                  dns_names: [reports.agents.dev.local]
            """);
        _front.Broker = _broker.Publications;
    }

    [TearDown]
    public async Task Stop()
    {
        await _broker.DisposeAsync();
        await _front.DisposeAsync();
        _files.Dispose();
    }

    [Test]
    public async Task Openssl_is_told_good_then_revoked_by_ocsp_and_finds_it_on_the_crl()
    {
        X509Files.RequireOpenssl();
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");
        var (chain, anchor) = await AcquireAsync(task, "invoices-api/invoices");
        _files.Write("leaf.pem", chain);
        await WriteAuthorityAsync();

        Assert.That(await AskAsync("-sha1"), Does.Contain("Response verify OK").And.Contain("leaf.pem: good"));
        Assert.That(await AskAsync("-sha256", "-no_nonce"), Does.Contain("Response verify OK").And.Contain("leaf.pem: good"));
        Assert.That(await VerifyWithCrlAsync(chain, anchor), Does.EndWith(": OK\n"));

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await AskAsync("-sha1"), Does.Contain("Response verify OK").And.Contain("leaf.pem: revoked"));
        Assert.That(await AskAsync("-sha256"), Does.Contain("Response verify OK").And.Contain("leaf.pem: revoked"));
        Assert.That(await VerifyWithCrlAsync(chain, anchor), Does.Contain("certificate revoked"));
    }

    [Test]
    public async Task Openssl_is_told_that_a_serial_number_is_unknown_that_was_never_issued()
    {
        X509Files.RequireOpenssl();
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");
        _files.Write("leaf.pem", (await AcquireAsync(task, "invoices-api/invoices")).Chain);
        await WriteAuthorityAsync();

        var run = await OcspAsync("-sha1", "-serial", "4711");

        Assert.That(run, Does.Contain("Response verify OK").And.Contain("4711: unknown"));
    }

    [Test]
    public async Task Leaf_says_where_to_look_and_what_is_there_is_its_issuer()
    {
        X509Files.RequireOpenssl();
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("serve reports");
        var (chain, anchor) = await AcquireAsync(task, "reports/https");
        var path = _files.Write("leaf.pem", chain);

        var address = (await X509Files.OpensslAsync("x509", "-in", path, "-noout", "-ocsp_uri")).Trim();
        var text = await X509Files.OpensslAsync("x509", "-in", path, "-noout", "-text");
        using var http = new HttpClient();
        using var issuer = X509CertificateLoader.LoadCertificate(await http.GetByteArrayAsync($"{_front.Address}v1/x509/agents-ca/ca.cer"));

        Assert.That(address, Is.EqualTo($"{_front.Address}v1/x509/agents-ca/ocsp"));
        Assert.That(text, Does.Contain($"CA Issuers - URI:{_front.Address}v1/x509/agents-ca/ca.cer").And.Contain($"URI:{_front.Address}v1/x509/agents-ca/crl"));
        Assert.That(issuer, Is.EqualTo(X509Files.CertificatesOf(chain)[1]));
        Assert.That(await _files.VerifyAsync(chain, anchor, "-purpose", "sslserver", "-verify_hostname", "reports.agents.dev.local"), Does.EndWith(": OK\n"));
        Assert.That(await _files.VerifyAsync(chain, anchor, "-verify_hostname", "www.dev.local"), Does.Contain("hostname mismatch"));
    }

    [Test]
    public async Task Crl_is_what_its_specification_says()
    {
        X509Files.RequireOpenssl();
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");
        var (chain, _) = await AcquireAsync(task, "invoices-api/invoices");
        var before = await DescribeCrlAsync();
        await task.CompleteAsync(TaskOutcome.Succeeded);
        var after = await DescribeCrlAsync();

        using var leaf = X509Certificate2.CreateFromPem(chain);
        Assert.That(before, Does.Contain("No Revoked Certificates"));
        Assert.That(after, Does.Contain($"Serial Number: {leaf.SerialNumber}"));
        Assert.That(after, Does.Contain("Authority Key Identifier").And.Contain("Version 2").And.Contain("Next Update"));
        Assert.That(NumberOf(after), Is.GreaterThan(NumberOf(before)));
    }

    [Test]
    public async Task Chain_builder_of_the_platform_looks_at_the_crl_and_refuses_what_is_on_it()
    {
        using var client = _broker.Connect();
        await using var ending = await client.StartTaskAsync("read invoices");
        await using var going = await client.StartTaskAsync("read more invoices");
        var (revoked, anchor) = await AcquireAsync(ending, "invoices-api/invoices");
        var (live, _) = await AcquireAsync(going, "invoices-api/invoices");
        await ending.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(Status(revoked, anchor, X509RevocationMode.Online), Is.EqualTo(X509ChainStatusFlags.Revoked));
        Assert.That(Status(live, anchor, X509RevocationMode.Online), Is.EqualTo(X509ChainStatusFlags.NoError));
        Assert.That(_front.Asked, Has.Some.StartsWith("/v1/x509/agents-ca/crl/"));
        // It kept the list.
        Assert.That(Status(revoked, anchor, X509RevocationMode.Offline), Is.EqualTo(X509ChainStatusFlags.Revoked));
    }

    [Test]
    public async Task Chain_builder_of_the_platform_asks_by_ocsp_where_it_gets_no_crl()
    {
        _front.Missing = "/v1/x509/agents-ca/crl";
        using var client = _broker.Connect();
        await using var ending = await client.StartTaskAsync("read invoices");
        await using var going = await client.StartTaskAsync("read more invoices");
        var (revoked, anchor) = await AcquireAsync(ending, "invoices-api/invoices");
        var (live, _) = await AcquireAsync(going, "invoices-api/invoices");
        // An answer that is looked at when its short time is over tells nothing.
        await Wait.UntilAsync(() => Status(revoked, anchor, X509RevocationMode.Online) == X509ChainStatusFlags.NoError);
        Assert.That(_front.Asked, Has.Some.StartsWith("/v1/x509/agents-ca/ocsp/"));

        await ending.CompleteAsync(TaskOutcome.Succeeded);

        // It keeps what it was told for as long as the answer says.
        await Wait.UntilAsync(() => Status(revoked, anchor, X509RevocationMode.Online) == X509ChainStatusFlags.Revoked);
        await Wait.UntilAsync(() => Status(live, anchor, X509RevocationMode.Online) == X509ChainStatusFlags.NoError);
    }

    private static async Task<(string Chain, string Anchor)> AcquireAsync(BrokerTask task, string resource)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var lease = await task.AcquireAsync("read", resource, new LeaseOptions { Credential = CredentialRequests.Certificate(key) });
        return (lease.Secret.Certificate.CertificateChain, lease.Secret.Certificate.CertificateAuthority);
    }

    private static X509ChainStatusFlags Status(string pem, string anchor, X509RevocationMode mode)
    {
        using var leaf = X509Certificate2.CreateFromPem(pem);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(anchor);
        chain.ChainPolicy.ExtraStore.ImportFromPem(pem);
        chain.ChainPolicy.RevocationMode = mode;
        chain.ChainPolicy.UrlRetrievalTimeout = TimeSpan.FromMinutes(1);
        // The root is the broker's own and publishes nothing: its intermediate is taken back by trusting the root no longer.
        chain.ChainPolicy.RevocationFlag = X509RevocationFlag.EndCertificateOnly;
        chain.Build(leaf);
        return chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
    }

    private static decimal NumberOf(string crl)
    {
        var lines = crl.Split('\n');
        return decimal.Parse(lines[Array.FindIndex(lines, line => line.Contains("X509v3 CRL Number", StringComparison.Ordinal)) + 1].Trim() switch
        {
            ['0', 'x', .. var hexadecimal] => $"{Convert.ToInt64(hexadecimal, 16)}",
            var number => number,
        });
    }

    private async Task WriteAuthorityAsync()
    {
        using var http = new HttpClient();
        var pem = await http.GetStringAsync($"{_front.Address}v1/x509/agents-ca/ca.pem");
        _files.Write("authority.pem", pem);
    }

    private async Task<string> DescribeCrlAsync()
    {
        using var http = new HttpClient();
        await File.WriteAllBytesAsync(_files.PathOf("crl"), await http.GetByteArrayAsync($"{_front.Address}v1/x509/agents-ca/crl"));
        return await X509Files.OpensslAsync("crl", "-inform", "DER", "-in", _files.PathOf("crl"), "-noout", "-text");
    }

    private async Task<string> VerifyWithCrlAsync(string chain, string anchor)
    {
        await DescribeCrlAsync();
        await X509Files.OpensslAsync("crl", "-inform", "DER", "-in", _files.PathOf("crl"), "-out", _files.PathOf("crl.pem"));
        return await _files.VerifyAsync(chain, anchor, "-crl_check", "-CRLfile", _files.PathOf("crl.pem"));
    }

    private Task<string> AskAsync(params string[] options) => OcspAsync([.. options, "-cert", _files.PathOf("leaf.pem")]);

    private async Task<string> OcspAsync(params string[] options)
    {
        var authority = _files.PathOf("authority.pem");
        // With the broker's publications named: OpenSSL's tool does not follow the address in the certificate by itself.
        var run = await ProgramRun.OfAsync(
            "openssl",
            ["ocsp", "-issuer", authority, .. options, "-CAfile", authority, "-url", $"{_front.Address}v1/x509/agents-ca/ocsp"]);
        return run.Errors + run.Output;
    }
}
