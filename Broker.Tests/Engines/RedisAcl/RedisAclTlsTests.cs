using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.RedisAcl;

/// <summary>A server that speaks TLS and asks for a client certificate, as Redis does unless told otherwise.</summary>
internal sealed class RedisAclTlsTests
{
    private TemporaryFolder _folder = null!;
    private RedisServer _server = null!;
    private RedisNodes _plain = null!;
    private int _port;

    [OneTimeSetUp]
    public async Task Start()
    {
        _plain = await RedisNodes.StartAsync();
        _folder = new TemporaryFolder();
        _port = FreePort.Next();
        WriteCertificates("ca", "server");
        WriteCertificates("other-ca", "other");
        _server = await RedisServer.StartAsync(new Dictionary<string, string>
        {
            ["tls-port"] = $"{_port}",
            ["tls-cert-file"] = PathOf("server.pem"),
            ["tls-key-file"] = PathOf("server.key"),
            ["tls-ca-cert-file"] = PathOf("ca.pem"),
        });
        await RedisNodes.AddBrokerAsync(_server.Port, RedisNodes.BrokerRights);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        if (_plain is not null)
        {
            await _plain.DisposeAsync();
            _folder.Dispose();
        }
    }

    [TestCase("localhost", "verify-full")]
    [TestCase("127.0.0.1", "verify-ca")]
    public async Task Server_of_the_trusted_authority_is_used(string host, string mode)
    {
        await using var engine = RedisNodes.EngineOf(RedisNodes.TargetOf(Settings(host, mode, "ca.pem")));
        await engine.CheckAsync(CancellationToken.None);
        using var credential = (RedisCredential)await engine.IssueAsync(
            RedisNodes.Request(RedisNodes.Grant(new { commands = (string[])["ping"] })), CancellationToken.None);

        Assert.That(credential.Tls, Is.True);
    }

    [TestCase("localhost", "verify-full", "other-ca.pem")]
    [TestCase("127.0.0.1", "verify-ca", "other-ca.pem")]
    [TestCase("127.0.0.1", "verify-full", "ca.pem")]
    public async Task Server_that_cannot_show_who_it_is_is_not_used(string host, string mode, string authority)
    {
        await using var engine = RedisNodes.EngineOf(RedisNodes.TargetOf(Settings(host, mode, authority)));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));

        Assert.That(failure!.IsTransient, Is.False);
        Assert.That(failure.Message, Does.EndWith("no trusted TLS connection"));
    }

    [Test]
    public async Task Files_that_cannot_be_used_are_named()
    {
        await using var engine = RedisNodes.EngineOf(RedisNodes.TargetOf(Settings("localhost", "verify-full", "missing.pem")));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(CancellationToken.None));

        Assert.That(failure!.Message, Does.Contain(PathOf("missing.pem")));
    }

    private object Settings(string host, string mode, string authority) => new
    {
        nodes = (string[])[$"{host}:{_port}"],
        username = RedisNodes.Broker,
        password = new { file = _plain.PasswordFile() },
        tls_mode = mode,
        tls_ca_file = PathOf(authority),
        tls_certificate_file = PathOf("server.pem"),
        tls_key_file = PathOf("server.key"),
    };

    private string PathOf(string file) => Path.Combine(_folder.Path, file);

    /// <summary>An authority, and a certificate of it for <c>localhost</c> and no other name.</summary>
    private void WriteCertificates(string authority, string leaf)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest($"CN={authority}", authorityKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var issuer = root.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        File.WriteAllText(PathOf($"{authority}.pem"), issuer.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={leaf}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Parse("192.0.2.1"));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(issuer, now.AddMinutes(-5), now.AddHours(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(PathOf($"{leaf}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf($"{leaf}.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
