using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>Certificates for clients, for servers and for both, as the grant says and never as the request does.</summary>
[TestFixture]
internal sealed class LeafProfileTests
{
    private static readonly object _server = new
    {
        usages = new[] { "server" },
        dns_names = new[] { "localhost", "invoices.agents.example.org" },
        ip_addresses = new[] { "127.0.0.1", "2001:db8::1" },
    };

    private static readonly string[] _keys = ["P-256", "P-384", "RSA"];

    private X509Files _files = null!;
    private X509Engine _engine = null!;

    [SetUp]
    public void MakeFolder()
    {
        _files = new X509Files();
        _engine = _files.Engine("root-and-intermediate");
    }

    [TearDown]
    public async Task RemoveFolder()
    {
        await _engine.DisposeAsync();
        _files.Dispose();
    }

    [Test]
    public async Task Server_names_its_hosts_and_addresses_and_nothing_else()
    {
        using var credential = await X509Files.IssueAsync(_engine, _server);
        using var leaf = credential.Leaf();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(UsagesOf(leaf), Is.EqualTo(new[] { Certificates.ServerAuthentication }));
            Assert.That(NamesOf(leaf).EnumerateDnsNames(), Is.EqualTo(new[] { "localhost", "invoices.agents.example.org" }));
            Assert.That(
                NamesOf(leaf).EnumerateIPAddresses(), Is.EqualTo(new[] { IPAddress.Loopback, IPAddress.Parse("2001:db8::1") }));
            Assert.That(leaf.MatchesHostname("invoices.agents.example.org"), Is.True);
            Assert.That(leaf.MatchesHostname("other.agents.example.org"), Is.False);
            Assert.That(leaf.Extensions["2.5.29.17"]!.RawData.AsSpan().IndexOf("spiffe"u8), Is.Negative);
        }
    }

    [Test]
    public async Task Server_may_name_its_workload_too()
    {
        using var credential = await X509Files.IssueAsync(
            _engine, new { usages = new[] { "server" }, dns_names = new[] { "localhost" }, workload_uri = true });
        using var leaf = credential.Leaf();

        Assert.That(leaf.Extensions["2.5.29.17"]!.RawData.AsSpan().IndexOf("spiffe://example.org/agent/a"u8), Is.Positive);
    }

    [Test]
    public async Task Certificate_for_both_is_accepted_as_either()
    {
        using var credential = await X509Files.IssueAsync(
            _engine, new { usages = new[] { "client", "server" }, dns_names = new[] { "localhost" } });
        using var leaf = credential.Leaf();

        Assert.That(UsagesOf(leaf), Is.EquivalentTo(new[] { Certificates.ClientAuthentication, Certificates.ServerAuthentication }));
        foreach (var usage in UsagesOf(leaf))
        {
            Assert.That(
                Certificates.Chains(leaf, _engine.ReadAuthorityPem(), TimeProvider.System.GetUtcNow(), out var status, usage!), Is.True, status);
        }
    }

    [Test]
    public async Task Openssl_accepts_each_for_its_purpose_only()
    {
        X509Files.RequireOpenssl();
        using var client = await X509Files.IssueAsync(_engine);
        using var server = await X509Files.IssueAsync(_engine, _server);

        Assert.That(await VerifyAsync(client, "sslclient"), Does.EndWith(": OK\n"));
        Assert.That(await VerifyAsync(server, "sslserver"), Does.EndWith(": OK\n"));
        Assert.That(await VerifyAsync(client, "sslserver"), Does.Contain("unsuitable certificate purpose"));
        Assert.That(await VerifyAsync(server, "sslclient"), Does.Contain("unsuitable certificate purpose"));
    }

    [Test]
    public async Task Rsa_keys_may_encipher_where_the_grant_says_so([ValueSource(nameof(_keys))] string kind, [Values] bool granted)
    {
        using AsymmetricAlgorithm key = kind switch
        {
            "RSA" => RSA.Create(2048),
            "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        };
        using var credential = await X509Files.IssueAsync(
            _engine,
            new { usages = new[] { "server" }, dns_names = new[] { "localhost" }, key_encipherment = granted },
            new CredentialInput.X509(default, key.ExportSubjectPublicKeyInfo()));
        using var leaf = credential.Leaf();

        Assert.That(leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages, Is.EqualTo(granted && kind == "RSA"
            ? X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment
            : X509KeyUsageFlags.DigitalSignature));
    }

    [TestCase("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")]
    [TestCase("subjectAltName=DNS:evil.example,DNS:*.example.org,IP:10.9.9.9,URI:spiffe://example.org/admin,email:root@example.org")]
    [TestCase("extendedKeyUsage=serverAuth,codeSigning,OCSPSigning,anyExtendedKeyUsage", "keyUsage=nonRepudiation,dataEncipherment,keyAgreement,decipherOnly")]
    [TestCase("nameConstraints=permitted;DNS:evil.example", "tlsfeature=status_request", "1.2.3.4=critical,ASN1:UTF8String:odd")]
    [TestCase("authorityInfoAccess=OCSP;URI:http://evil.example", "crlDistributionPoints=URI:http://evil.example/crl", "noCheck=ignored")]
    public async Task Request_made_by_openssl_gets_only_what_the_grant_says(params string[] asked)
    {
        X509Files.RequireOpenssl();
        var csr = _files.PathOf("odd.csr");
        await X509Files.OpensslAsync(
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", _files.PathOf("odd.key"),
                "-subj", "/CN=admin/O=Evil", "-outform", "DER", "-out", csr, .. asked.SelectMany(extension => (string[])["-addext", extension])]);
        var input = new CredentialInput.X509(await File.ReadAllBytesAsync(csr), default);
        foreach (var grant in (object?[])[null, _server])
        {
            using var odd = await X509Files.IssueAsync(_engine, grant, input);
            using var plain = await X509Files.IssueAsync(_engine, grant);
            using var leaf = odd.Leaf();
            using var usual = plain.Leaf();

            Assert.That(leaf.Subject, Does.Match("^CN=[0-9a-v]{26}$"));
            Assert.That(leaf.Extensions.Select(Shown), Is.EqualTo(usual.Extensions.Select(Shown)));
        }
    }

    [Test]
    public async Task Client_and_server_meet_over_tls_and_neither_is_taken_for_the_other()
    {
        using var client = await CertifyAsync(null);
        using var server = await CertifyAsync(_server);

        Assert.That(await MeetAsync(server, client), Is.EqualTo(TestLeases.Workload.Value));
        await Assert.ThrowsAsync<AuthenticationException>(async () => await MeetAsync(client, client));
        await Assert.ThrowsAsync<AuthenticationException>(async () => await MeetAsync(server, server));
    }

    private static string Shown(X509Extension extension) => extension switch
    {
        // Of the key, which is another one.
        X509SubjectKeyIdentifierExtension => $"{extension.Oid!.Value} {extension.Critical}",
        _ => $"{extension.Oid!.Value} {extension.Critical} {Convert.ToHexString(extension.RawData)}",
    };

    private static IEnumerable<string?> UsagesOf(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value);

    private static X509SubjectAlternativeNameExtension NamesOf(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();

    private Task<string> VerifyAsync(CertificateCredential credential, string purpose) =>
        _files.VerifyAsync(credential.CertificateChain, credential.CertificateAuthority, "-purpose", purpose);

    private async Task<X509Certificate2> CertifyAsync(object? grant)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var credential = await X509Files.IssueAsync(_engine, grant, new CredentialInput.X509(default, key.ExportSubjectPublicKeyInfo()));
        using var leaf = credential.Leaf();
        return leaf.CopyWithPrivateKey(key);
    }

    /// <returns>Whom the server saw.</returns>
    private async Task<string?> MeetAsync(X509Certificate2 server, X509Certificate2 client)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var connecting = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync();
        await connecting.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await accepting;
        await using var serverSide = new SslStream(accepted.GetStream());
        await using var clientSide = new SslStream(connecting.GetStream());
        string? seen = null;
        var serving = serverSide.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = ContextOf(server),
            ClientCertificateRequired = true,
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                seen = UriOf((X509Certificate2)certificate!);
                return errors == SslPolicyErrors.None;
            },
        });
        var calling = clientSide.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificateContext = ContextOf(client),
            CertificateChainPolicy = Policy(),
        });
        // The side that refuses closes its end, so that the other one does not wait.
        await Task.WhenAll(CloseWhenRefused(serving, accepted), CloseWhenRefused(calling, connecting));
        return seen;
    }

    private static async Task CloseWhenRefused(Task handshake, TcpClient end)
    {
        try
        {
            await handshake;
        }
        catch (IOException e)
        {
            // The other side was the one that refused.
            throw new AuthenticationException("closed", e);
        }
        finally
        {
            if (!handshake.IsCompletedSuccessfully)
            {
                end.Close();
            }
        }
    }

    private static string? UriOf(X509Certificate2 certificate)
    {
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.RawData);
        var names = leaf.Extensions["2.5.29.17"]!.Format(multiLine: false);
        return names.StartsWith("URI:", StringComparison.Ordinal) ? names[4..] : null;
    }

    private SslStreamCertificateContext ContextOf(X509Certificate2 certificate) =>
        SslStreamCertificateContext.Create(certificate, X509Files.CertificatesOf(_engine.ReadAuthorityPem()), offline: true);

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Files.CertificatesOf(_engine.ReadAuthorityPem())[^1]);
        return policy;
    }
}
