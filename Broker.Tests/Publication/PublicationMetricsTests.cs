using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines.X509;
using SecretsBroker.Tests.Engines.X509.Ocsp;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Tests.Publication;

/// <summary>What is counted of what verifiers ask.</summary>
[TestFixture]
internal sealed class PublicationMetricsTests
{
    private PublicationHost _host = null!;

    [SetUp]
    public async Task Start() => _host = await PublicationHost.StartAsync();

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [TestCase("x509", "ca.pem", "authority")]
    [TestCase("x509", "ca.cer", "authority")]
    [TestCase("x509", "crl", "crl")]
    [TestCase("x509", "revoked.json", "revoked")]
    [TestCase("ssh", "ca.pub", "authority")]
    [TestCase("ssh", "krl", "krl")]
    [TestCase("ssh", "revoked.json", "revoked")]
    [TestCase("jwt", "jwks.json", "key_set")]
    [TestCase("jwt", "revoked.json", "revoked")]
    [TestCase("oauth", "jwks.json", "key_set")]
    public async Task Each_document_is_counted_when_it_is_given(string engine, string path, string document)
    {
        using var response = await _host.Client.GetAsync($"/v1/{engine}/{engine}-target/{path}");

        Assert.That(Requests(), Is.EqualTo((string[])[$"{engine}-target {document} given"]));
    }

    [Test]
    public async Task What_cannot_be_given_is_counted_and_what_is_not_there_is_not()
    {
        _host.DenyList.IsDown = true;
        foreach (var path in (string[])["/v1/x509/x509-target/crl", "/v1/x509/nobody-s/crl", "/v1/ssh/x509-target/krl"])
        {
            using var response = await _host.Client.GetAsync(path);
        }

        Assert.That(Requests(), Is.EqualTo((string[])["x509-target crl unavailable"]));
    }

    [Test]
    public async Task Ocsp_answers_are_counted_by_what_they_say()
    {
        using var issuer = X509Certificate2.CreateFromPem(_host.X509.ReadAuthorityPem());
        using var other = TestAuthority.Root();
        using var stranger = X509Certificate2.CreateFromPem(other.Pem);
        var revoked = LeaseId.New(1);
        await _host.DenyList.AddAsync("x509-target", revoked, _host.Time.GetUtcNow().AddMinutes(5), CancellationToken.None);

        await AskAsync(new OcspQuestion(issuer) { Serials = [revoked.ToSerialNumber(), LeaseId.New(1).ToSerialNumber()] }.Encode());
        await AskAsync(new OcspQuestion(stranger) { Serials = [revoked.ToSerialNumber()] }.Encode());
        await AskAsync([]);
        _host.DenyList.IsDown = true;
        await AskAsync(new OcspQuestion(issuer) { Serials = [revoked.ToSerialNumber()] }.Encode());

        Assert.That(
            Of(Metrics.OcspAnswers).Select(one => $"{one.Tags[Attributes.Target]} {one.Tags[Attributes.Outcome]}"),
            Is.EqualTo((string[])
            [
                "x509-target revoked", "x509-target unknown", "x509-target unauthorized", "x509-target malformed_request", "x509-target try_later",
            ]));
    }

    private async Task AskAsync(byte[] question)
    {
        using var response = await _host.Client.PostAsync("/v1/x509/x509-target/ocsp", new ByteArrayContent(question));
    }

    private IEnumerable<string> Requests() => Of(Metrics.PublicationRequests)
        .Select(one => $"{one.Tags[Attributes.Target]} {one.Tags[Attributes.Operation]} {one.Tags[Attributes.Outcome]}");

    private IEnumerable<Telemetry.Measured> Of(string name) => _host.Measured.Measured.Where(one => one.Name == name);
}
