using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Engines.X509;

namespace SecretsBroker.Tests.Publication;

[TestFixture]
internal sealed class PublicationEndpointsTests
{
    private PublicationHost _host = null!;

    [SetUp]
    public async Task Start() => _host = await PublicationHost.StartAsync();

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task Authority_is_published_without_its_key()
    {
        var pem = await _host.Client.GetStringAsync("/v1/x509/x509-target/ca.pem");

        using var certificate = X509Certificate2.CreateFromPem(pem);
        Assert.That(certificate.Subject, Is.EqualTo("CN=Secrets Broker CA"));
        using var alone = X509CertificateLoader.LoadCertificate(await _host.Client.GetByteArrayAsync("/v1/x509/x509-target/ca.cer"));
        Assert.That(alone, Is.EqualTo(certificate));
        Assert.That(pem, Does.Not.Contain("PRIVATE"));
    }

    [Test]
    public async Task Revoked_certificate_is_on_the_published_crl_at_once()
    {
        var (lease, serial) = await IssueCertificateAsync();
        Assert.That(await IsOnCrlAsync(serial), Is.False);

        await _host.X509.RevokeAsync(lease, CancellationToken.None);

        Assert.That(await IsOnCrlAsync(serial), Is.True);
    }

    [TestCase("/v1/x509/x509-target/revoked.json", "x509")]
    [TestCase("/v1/ssh/ssh-target/revoked.json", "ssh")]
    [TestCase("/v1/jwt/jwt-target/revoked.json", "jwt")]
    public async Task Revoked_lease_is_on_the_published_list_at_once(string path, string engine)
    {
        var lease = LeaseOf(engine);
        Assert.That(await RevokedAsync(path), Is.Empty);

        ICredentialEngine publisher = engine switch { "x509" => _host.X509, "ssh" => _host.Ssh, _ => _host.Jwt };
        await publisher.RevokeAsync(lease, CancellationToken.None);

        var entry = (await RevokedAsync(path)).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.GetProperty("id").GetString(), Is.EqualTo(lease.Id.Value));
            Assert.That(entry.GetProperty("until").GetDateTimeOffset(), Is.EqualTo(lease.ExpireTime.AddMinutes(5)));
            Assert.That(entry.TryGetProperty("serial", out var serial) ? serial.GetString() : null, Is.EqualTo(engine switch
            {
                "x509" => Convert.ToHexStringLower(lease.Id.ToSerialNumber()),
                "ssh" => $"{SshSerial.Of(lease.Id)}",
                _ => null,
            }));
        }
    }

    [Test]
    public async Task Entries_leave_the_list_when_their_time_is_over()
    {
        const string Path = "/v1/jwt/jwt-target/revoked.json";
        await _host.Jwt.RevokeAsync(LeaseOf("jwt"), CancellationToken.None);
        Assert.That(await RevokedAsync(Path), Has.Length.EqualTo(1));

        _host.Time.Advance(TimeSpan.FromMinutes(11));

        Assert.That(await RevokedAsync(Path), Is.Empty);
    }

    [TestCase("/v1/x509/x509-target/ca.pem", "application/x-pem-file", false)]
    [TestCase("/v1/x509/x509-target/ca.cer", "application/pkix-cert", false)]
    [TestCase("/v1/x509/x509-target/crl", "application/pkix-crl", true)]
    [TestCase("/v1/x509/x509-target/revoked.json", "application/json", true)]
    [TestCase("/v1/ssh/ssh-target/ca.pub", "text/plain", false)]
    [TestCase("/v1/ssh/ssh-target/krl", "application/octet-stream", true)]
    [TestCase("/v1/ssh/ssh-target/revoked.json", "application/json", true)]
    [TestCase("/v1/jwt/jwt-target/jwks.json", "application/json", false)]
    [TestCase("/v1/jwt/jwt-target/revoked.json", "application/json", true)]
    public async Task What_the_caller_has_is_not_sent_again_until_it_changes(string path, string type, bool changes)
    {
        using var first = await _host.Client.GetAsync(path);
        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(first.Content.Headers.ContentType!.MediaType, Is.EqualTo(type));
        Assert.That(first.Headers.CacheControl!.NoCache, Is.True);

        Assert.That(await AskAgainAsync(path, first.Headers.ETag!), Is.EqualTo(HttpStatusCode.NotModified));

        foreach (var target in (string[])["x509-target", "ssh-target", "jwt-target"])
        {
            await _host.DenyList.AddAsync(target, LeaseId.New(1), _host.Time.GetUtcNow().AddMinutes(5), CancellationToken.None);
        }

        Assert.That(
            await AskAgainAsync(path, first.Headers.ETag!), Is.EqualTo(changes ? HttpStatusCode.OK : HttpStatusCode.NotModified));
    }

    [TestCase("/v1/x509/x509-target/crl")]
    [TestCase("/v1/x509/x509-target/revoked.json")]
    [TestCase("/v1/ssh/ssh-target/krl")]
    [TestCase("/v1/ssh/ssh-target/revoked.json")]
    [TestCase("/v1/jwt/jwt-target/revoked.json")]
    public async Task Unchanged_list_is_read_once_however_often_it_is_asked_for(string path)
    {
        for (var i = 0; i < 20; i++)
        {
            await _host.Client.GetByteArrayAsync(path);
        }

        Assert.That(_host.DenyList.Reads, Is.EqualTo(1));
    }

    [TestCase("/v1/x509/x509-target/crl")]
    [TestCase("/v1/x509/x509-target/revoked.json")]
    [TestCase("/v1/ssh/ssh-target/krl")]
    [TestCase("/v1/ssh/ssh-target/revoked.json")]
    [TestCase("/v1/jwt/jwt-target/revoked.json")]
    public async Task Without_the_store_nothing_old_is_published(string path)
    {
        await _host.Client.GetByteArrayAsync(path);
        _host.DenyList.IsDown = true;

        using var response = await _host.Client.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [TestCase("/v1/x509/unknown/crl")]
    [TestCase("/v1/x509/jwt-target/ca.pem")]
    [TestCase("/v1/x509/jwt-target/revoked.json")]
    [TestCase("/v1/ssh/x509-target/krl")]
    [TestCase("/v1/ssh/x509-target/ca.pub")]
    [TestCase("/v1/x509/ssh-target/ca.pem")]
    [TestCase("/v1/jwt/x509-target/jwks.json")]
    [TestCase("/v1/jwt/x509-target/revoked.json")]
    [TestCase("/v1/jwt/..%2fx509-target/jwks.json")]
    [TestCase("/.well-known/oauth-authorization-server/v1/jwt/x509-target")]
    public async Task What_is_not_published_is_not_found(string path)
    {
        using var response = await _host.Client.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Issuer_describes_itself_where_clients_look()
    {
        var metadata = JsonDocument.Parse(
            await _host.Client.GetStringAsync("/.well-known/oauth-authorization-server/v1/jwt/jwt-target")).RootElement;

        Assert.That(metadata.GetProperty("issuer").GetString(), Is.EqualTo(PublicationHost.Issuer));
        Assert.That(metadata.GetProperty("jwks_uri").GetString(), Is.EqualTo($"{PublicationHost.Issuer}/jwks.json"));
        Assert.That(metadata.GetProperty("introspection_endpoint").GetString(), Is.EqualTo($"{PublicationHost.Issuer}/introspect"));
        Assert.That(metadata.GetProperty("revocation_endpoint").GetString(), Is.EqualTo($"{PublicationHost.Issuer}/revoke"));
    }

    private Lease LeaseOf(string engine) => TestLeases.LeaseOf(TestLeases.Request(
        TestLeases.Grant(engine), new CredentialInput.None(), _host.Time.GetUtcNow().AddMinutes(5)));

    private async Task<(Lease Lease, byte[] Serial)> IssueCertificateAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = TestLeases.Request(
            TestLeases.Grant("x509"),
            new CredentialInput.X509(Certificates.Request(key), default),
            _host.Time.GetUtcNow().AddMinutes(5));
        using var credential = await _host.X509.IssueAsync(request, CancellationToken.None);
        using var leaf = credential.Leaf();
        return (TestLeases.LeaseOf(request), leaf.SerialNumberBytes.ToArray());
    }

    private async Task<bool> IsOnCrlAsync(byte[] serial) => CertificateRevocationListBuilder
        .Load(await _host.Client.GetByteArrayAsync("/v1/x509/x509-target/crl"), out _)
        .RemoveEntry(serial);

    private async Task<JsonElement[]> RevokedAsync(string path) =>
        [.. JsonDocument.Parse(await _host.Client.GetStringAsync(path)).RootElement.GetProperty("revoked").EnumerateArray()];

    private async Task<HttpStatusCode> AskAgainAsync(string path, EntityTagHeaderValue tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.IfNoneMatch.Add(tag);
        using var response = await _host.Client.SendAsync(request);
        return response.StatusCode;
    }
}
