using System.Net;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines.X509;
using SecretsBroker.Tests.Engines.X509.Ocsp;

namespace SecretsBroker.Tests.Publication;

/// <summary>What strangers get, and bring about, while a target has no authority.</summary>
[TestFixture]
internal sealed class MissingAuthorityTests
{
    private const string Path = "/v1/x509/x509-target/";

    private PublicationHost _host = null!;
    private TestAuthority _authority = null!;

    [SetUp]
    public async Task Start()
    {
        _host = await PublicationHost.StartAsync(isPrepared: false);
        _authority = TestAuthority.Root();
    }

    [TearDown]
    public async Task Stop()
    {
        _authority.Dispose();
        await _host.DisposeAsync();
    }

    [TestCase("ca.pem")]
    [TestCase("ca.cer")]
    [TestCase("crl")]
    public async Task Who_asks_for_what_it_publishes_makes_none(string document)
    {
        Assert.That(await StatusOfAsync(document), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((File.Exists(_host.AuthorityKey), File.Exists(_host.AuthorityCertificate)), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task Who_asks_by_ocsp_makes_none()
    {
        Assert.That(await AskAsync(), Is.EqualTo("tryLater"));
        Assert.That((File.Exists(_host.AuthorityKey), File.Exists(_host.AuthorityCertificate)), Is.EqualTo((false, false)));
    }

    [Test]
    public async Task One_that_cannot_be_read_is_not_read_at_each_question()
    {
        await File.WriteAllTextAsync(_host.AuthorityKey, "spoilt");
        await File.WriteAllTextAsync(_host.AuthorityCertificate, "spoilt");
        Assert.That(await StatusOfAsync("ca.pem"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        File.Delete(_host.AuthorityKey);
        _authority.WriteTo(_host.AuthorityKey, _host.AuthorityCertificate);

        Assert.That((await StatusOfAsync("ca.pem"), await AskAsync()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "tryLater")));

        _host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await StatusOfAsync("ca.pem"), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task It_is_there_once_its_target_is_in_force()
    {
        _host.X509.Prepare();

        Assert.That(await StatusOfAsync("ca.pem"), Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task<HttpStatusCode> StatusOfAsync(string document)
    {
        using var response = await _host.Client.GetAsync(Path + document);
        return response.StatusCode;
    }

    private async Task<string> AskAsync()
    {
        using var issuer = X509Certificate2.CreateFromPem(_authority.Pem);
        var question = new OcspQuestion(issuer) { Serials = [LeaseId.New(1).ToSerialNumber()] };
        using var response = await _host.Client.PostAsync(Path + "ocsp", new ByteArrayContent(question.Encode()));
        return OcspAnswer.Parse(await response.Content.ReadAsByteArrayAsync()).Status;
    }
}
