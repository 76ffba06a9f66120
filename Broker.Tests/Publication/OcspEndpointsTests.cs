using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines.X509;
using SecretsBroker.Tests.Engines.X509.Ocsp;

namespace SecretsBroker.Tests.Publication;

/// <summary>What the responder says of a lease's certificate, in each state of the lease.</summary>
[TestFixture]
internal sealed class OcspEndpointsTests
{
    private const string Address = "/v1/x509/x509-target/ocsp";

    private static readonly TaskKey _task = new(new WorkloadId("spiffe://example.org/agent/a"), new TaskId("t"));

    private PublicationHost _host = null!;
    private OcspQuestion _question = null!;

    [SetUp]
    public async Task Start()
    {
        _host = await PublicationHost.StartAsync();
        _question = new OcspQuestion(X509Certificate2.CreateFromPem(_host.X509.ReadAuthorityPem()));
        await _host.Store.StartTaskAsync(
            _task, new TaskContent("keep notes", "", new Dictionary<string, string>()), TimeSpan.FromHours(8), CancellationToken.None);
    }

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task Certificate_is_good_while_its_lease_is_active_and_not_before()
    {
        var lease = await ReserveAsync();
        Assert.That((await AskAsync(lease.Id)).Only, Is.EqualTo("unknown"));

        await ActivateAsync(lease);

        var answer = (await AskAsync(lease.Id)).Certificates.Single();
        Assert.That(answer.State, Is.EqualTo("good"));
        Assert.That(answer.ThisUpdate, Is.EqualTo(_host.Time.GetUtcNow()));
        Assert.That(answer.NextUpdate, Is.EqualTo(_host.Time.GetUtcNow().AddMinutes(1)));
    }

    [Test]
    public async Task Good_is_not_said_for_longer_than_the_lease_lasts()
    {
        var lease = await ActivateAsync(await ReserveAsync(TimeSpan.FromSeconds(20)));

        Assert.That((await AskAsync(lease.Id)).Certificates.Single().NextUpdate, Is.EqualTo(lease.ExpireTime));
    }

    [Test]
    public async Task Lease_that_ended_is_revoked_before_it_is_on_the_list_and_after()
    {
        var lease = await ActivateAsync(await ReserveAsync());
        await _host.Store.EndAsync(lease.Id, EndCause.Killed, CancellationToken.None);
        var ended = _host.Time.GetUtcNow();
        var before = (await AskAsync(lease.Id)).Certificates.Single();

        _host.Time.Advance(TimeSpan.FromSeconds(3));
        await _host.X509.RevokeAsync(lease, CancellationToken.None);
        var after = (await AskAsync(lease.Id)).Certificates.Single();

        Assert.That((before.State, before.RevokeTime), Is.EqualTo(("revoked", ended)));
        Assert.That((after.State, after.RevokeTime), Is.EqualTo(("revoked", ended.AddSeconds(3))));
        var proof = await _host.X509.VerifyAsync(lease, CancellationToken.None);
        Assert.That(proof.Gone, Is.True);
        Assert.That(proof.Evidence, Does.StartWith("serial on CRL number ").And.Contain("revoked by OCSP since"));
    }

    [Test]
    public async Task Lease_that_is_over_and_that_nobody_has_swept_is_revoked()
    {
        var lease = await ActivateAsync(await ReserveAsync());

        _host.Time.Advance(lease.ExpireTime - _host.Time.GetUtcNow());

        var answer = (await AskAsync(lease.Id)).Certificates.Single();
        Assert.That((answer.State, answer.RevokeTime), Is.EqualTo(("revoked", lease.ExpireTime)));
    }

    [Test]
    public async Task Listed_lease_that_the_store_has_forgotten_is_revoked_and_one_that_it_never_knew_is_unknown()
    {
        var forgotten = LeaseId.New(1);
        await _host.DenyList.AddAsync("x509-target", forgotten, _host.Time.GetUtcNow().AddMinutes(5), CancellationToken.None);

        Assert.That((await AskAsync(forgotten)).Only, Is.EqualTo("revoked"));
        Assert.That((await AskAsync(LeaseId.New(1))).Only, Is.EqualTo("unknown"));
    }

    [Test]
    public async Task Lease_of_another_target_is_unknown()
    {
        var lease = await ActivateAsync(await ReserveAsync(target: "x509-other"));

        Assert.That((await AskAsync(lease.Id)).Only, Is.EqualTo("unknown"));
    }

    [Test]
    public async Task Several_are_answered_in_order_and_a_serial_number_that_is_no_lease_s_is_unknown()
    {
        var lease = await ActivateAsync(await ReserveAsync());
        var ended = await ActivateAsync(await ReserveAsync());
        await _host.Store.EndAsync(ended.Id, EndCause.Killed, CancellationToken.None);

        var answer = await PostAsync(_question with { Serials = [ended.Id.ToSerialNumber(), [0x01], lease.Id.ToSerialNumber()], Nonce = [1, 2, 3] });

        Assert.That(answer.Certificates.Select(one => one.State), Is.EqualTo(new[] { "revoked", "unknown", "good" }));
        Assert.That(answer.Nonce, Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task Without_the_store_nothing_is_good()
    {
        var lease = await ActivateAsync(await ReserveAsync());
        Assert.That((await AskAsync(lease.Id)).Only, Is.EqualTo("good"));

        _host.DenyList.IsDown = true;
        var down = await AskAsync(lease.Id);
        _host.DenyList.IsDown = false;

        Assert.That((down.Status, down.Certificates.Count), Is.EqualTo(("tryLater", 0)));
        Assert.That((await AskAsync(lease.Id)).Only, Is.EqualTo("good"));
    }

    [Test]
    public async Task Certificate_of_another_authority_is_none_of_its_business()
    {
        using var other = TestAuthority.Root();
        var question = new OcspQuestion(X509Certificate2.CreateFromPem(other.Pem)) { Serials = [LeaseId.New(1).ToSerialNumber()] };

        Assert.That((await PostAsync(question)).Status, Is.EqualTo("unauthorized"));
    }

    [Test]
    public async Task Answer_to_a_get_is_that_to_a_post_whatever_is_in_the_path()
    {
        var lease = await ActivateAsync(await ReserveAsync());
        // Two slashes in a row, a slash and a plus, in base64.
        var questions = Enumerable.Range(0, 400)
            .Select(i => (_question with { Serials = [lease.Id.ToSerialNumber()], Nonce = BitConverter.GetBytes(i * 7_919_777) }).Encode())
            .Select(Convert.ToBase64String)
            .ToList();
        string[] odd =
        [
            questions.First(text => text.Contains('+')), questions.First(text => text.Contains('/')), questions.First(text => text.EndsWith('=')),
            Convert.ToBase64String((_question with { Serials = [lease.Id.ToSerialNumber()], Nonce = [.. Enumerable.Repeat((byte)0xff, 9)] }).Encode()),
        ];
        Assert.That(odd[^1], Does.Contain("//"));

        foreach (var path in odd.SelectMany(text => (string[])[text, Uri.EscapeDataString(text)]))
        {
            var answer = await GetAsync(path);
            Assert.That((answer.Status, answer.Certificates.Count), Is.EqualTo(("successful", 1)), path);
            Assert.That(answer.Only, Is.EqualTo("good"), path);
            Assert.That(answer.Nonce, Is.Not.Null, path);
        }
    }

    [Test]
    public async Task Target_may_be_called_as_the_path_of_its_responder()
    {
        var request = Convert.ToBase64String((_question with { Serials = [LeaseId.New(1).ToSerialNumber()] }).Encode());
        var address = new Uri($"{_host.Address.AbsoluteUri.TrimEnd('/')}/v1/x509/ocsp/ocsp/{Uri.EscapeDataString(request)}");

        Assert.That(OcspAnswer.Parse(await SendAsync(new HttpRequestMessage(HttpMethod.Get, address))).Only, Is.EqualTo("unknown"));
    }

    [Test]
    public async Task What_is_no_request_is_malformed()
    {
        Assert.That((await PostAsync([])).Status, Is.EqualTo("malformedRequest"));
        Assert.That((await PostAsync(new byte[100_000])).Status, Is.EqualTo("malformedRequest"));
        Assert.That((await GetAsync("AAAA")).Status, Is.EqualTo("malformedRequest"));
        Assert.That((await GetAsync("no-base64")).Status, Is.EqualTo("malformedRequest"));
        Assert.That((await GetAsync(new string('A', 7_000))).Status, Is.EqualTo("malformedRequest"));
    }

    [TestCase("/v1/x509/jwt-target/ocsp")]
    [TestCase("/v1/x509/unknown/ocsp")]
    public async Task There_is_no_responder_where_there_is_no_authority(string path)
    {
        using var response = await _host.Client.PostAsync(path, new ByteArrayContent([]));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Responder_s_own_certificate_is_renewed_before_it_ends()
    {
        var lease = await ActivateAsync(await ReserveAsync());
        var first = await PostForBytesAsync(_question with { Serials = [lease.Id.ToSerialNumber()] });
        _host.Time.Advance(TimeSpan.FromHours(11));
        var same = await PostForBytesAsync(_question with { Serials = [lease.Id.ToSerialNumber()] });
        _host.Time.Advance(TimeSpan.FromHours(2));
        var renewed = await PostForBytesAsync(_question with { Serials = [lease.Id.ToSerialNumber()] });

        Assert.That(OcspAnswer.Parse(same).ResponderCertificate, Is.EqualTo(OcspAnswer.Parse(first).ResponderCertificate));
        using var certificate = X509CertificateLoader.LoadCertificate(OcspAnswer.Parse(renewed).ResponderCertificate);
        Assert.That(certificate.NotAfter.ToUniversalTime(), Is.EqualTo(_host.Time.GetUtcNow().AddDays(1).UtcDateTime));
        Assert.That(LeaseId.TryParseSerialNumber(certificate.SerialNumberBytes.Span, out _), Is.False);
    }

    private async Task<Lease> ReserveAsync(TimeSpan? lifetime = null, string target = "x509-target")
    {
        var reserved = await _host.Store.ReserveAsync(
            new Reservation
            {
                Task = _task,
                Grant = "x509-grant",
                Engine = "x509",
                Target = target,
                Action = "read",
                Resource = "notes/all",
                DecisionId = "d-1",
                TimeToLive = lifetime ?? TimeSpan.FromMinutes(5),
                MaxTimeToLive = TimeSpan.FromHours(1),
                IssueTimeout = TimeSpan.FromSeconds(10),
                SettleMargin = TimeSpan.Zero,
                Quotas = new LeaseQuotas(0, 0, 0),
            },
            CancellationToken.None);
        return reserved.Lease!;
    }

    private async Task<Lease> ActivateAsync(Lease lease) =>
        (await _host.Store.ActivateAsync(lease.Id, "", CancellationToken.None)).Lease!;

    private Task<OcspAnswer> AskAsync(LeaseId lease) => PostAsync(_question with { Serials = [lease.ToSerialNumber()] });

    private Task<OcspAnswer> PostAsync(OcspQuestion question) => PostAsync(question.Encode());

    private async Task<byte[]> PostForBytesAsync(OcspQuestion question) => await SendAsync(PostOf(question.Encode()));

    private async Task<OcspAnswer> PostAsync(byte[] body) => OcspAnswer.Parse(await SendAsync(PostOf(body)));

    private async Task<OcspAnswer> GetAsync(string request) =>
        OcspAnswer.Parse(await SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri($"{_host.Address.AbsoluteUri.TrimEnd('/')}{Address}/{request}"))));

    private static HttpRequestMessage PostOf(byte[] body) => new(HttpMethod.Post, Address)
    {
        Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/ocsp-request") } },
    };

    private async Task<byte[]> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _host.Client.SendAsync(request);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/ocsp-response"));
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            return await response.Content.ReadAsByteArrayAsync();
        }
    }
}
