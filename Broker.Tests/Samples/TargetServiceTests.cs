using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Samples.TargetService;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Engines.Jwt;
using SecretsBroker.Tests.Engines.X509;
using SecretsBroker.Tests.Publication;

namespace SecretsBroker.Tests.Samples;

/// <summary>The sample target over real TLS, with the real engines and publications behind it.</summary>
[TestFixture]
internal sealed class TargetServiceTests
{
    private PublicationHost _broker = null!;
    private InvoicesApi _api = null!;

    [SetUp]
    public async Task Start()
    {
        _broker = await PublicationHost.StartAsync();
        _api = await StartApiAsync();
    }

    [TearDown]
    public async Task Stop()
    {
        await _api.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task Caller_with_certificate_and_token_is_served()
    {
        using var agent = await AgentAsync();

        using var response = await agent.CallAsync(_api);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.That(body.GetProperty("caller").GetString(), Is.EqualTo(TestLeases.Workload.Value));
    }

    [Test]
    public async Task Revoked_token_is_refused_on_the_same_connection()
    {
        using var agent = await AgentAsync();
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK));

        await _broker.Jwt.RevokeAsync(agent.TokenLease, CancellationToken.None);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Revoked_certificate_is_refused_on_the_same_connection()
    {
        using var agent = await AgentAsync();
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK));

        await _broker.X509.RevokeAsync(agent.CertificateLease, CancellationToken.None);
        _broker.Time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Stolen_token_is_refused_with_another_certificate()
    {
        using var agent = await AgentAsync();
        using var thief = await AgentAsync();

        using var response = await thief.CallAsync(_api, token: agent.Token);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Token_alone_is_refused()
    {
        using var agent = await AgentAsync();

        using var response = await agent.CallAsync(_api, withCertificate: false);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Certificate_alone_is_refused()
    {
        using var agent = await AgentAsync();

        using var response = await agent.CallAsync(_api, token: "");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Action_that_the_token_was_not_issued_for_is_refused()
    {
        using var agent = await AgentAsync();

        using var response = await agent.CallAsync(_api, HttpMethod.Delete, "/invoices/4711");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [TestCase("read", "invoices-api/customers")]
    [TestCase("READ", "invoices-api/invoices")]
    [TestCase("write", "invoices-api/invoices")]
    public async Task Token_for_another_intent_is_refused(string action, string resource)
    {
        using var agent = await AgentAsync(action, resource);

        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Path_that_states_no_access_is_closed()
    {
        using var agent = await AgentAsync();

        using var response = await agent.CallAsync(_api, HttpMethod.Get, "/elsewhere");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Ended_certificate_is_refused_although_its_connection_is_open()
    {
        using var agent = await AgentAsync();
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK));

        _broker.Time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));

        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Ended_token_is_refused()
    {
        using var agent = await AgentAsync(tokenLife: TimeSpan.FromMinutes(1));
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK));

        _broker.Time.Advance(TimeSpan.FromSeconds(91));

        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Nobody_is_served_when_the_list_is_too_old()
    {
        using var agent = await AgentAsync();
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK));
        _broker.DenyList.IsDown = true;

        _broker.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK), "still young enough");
        _broker.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.ServiceUnavailable), "too old");

        _broker.DenyList.IsDown = false;
        _broker.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.OK), "known again");
    }

    [Test]
    public async Task Nobody_is_served_before_the_broker_was_reached()
    {
        using var agent = await AgentAsync();
        await using var lonely = await StartApiAsync(broker: new Uri("http://127.0.0.1:1"));

        Assert.That(await agent.StatusAsync(lonely), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Token_of_another_issuer_or_for_another_audience_is_refused()
    {
        using var agent = await AgentAsync();
        await using var elsewhere = await StartApiAsync(audience: "https://elsewhere.example");
        await using var foreign = await StartApiAsync(issuer: "https://other.example");

        Assert.That(await agent.StatusAsync(elsewhere), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await agent.StatusAsync(foreign), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Tampered_token_is_refused()
    {
        using var agent = await AgentAsync();
        var parts = agent.Token.Split('.');
        var claims = Base64Url(parts[1]).Replace("\"read\"", "\"delete\"", StringComparison.Ordinal);
        parts[1] = System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(claims));

        using var response = await agent.CallAsync(_api, HttpMethod.Delete, "/invoices/4711", token: string.Join('.', parts));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));

        static string Base64Url(string text) =>
            System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(text));
    }

    [Test]
    public async Task Certificate_of_another_authority_is_refused_even_when_the_token_is_bound_to_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = _broker.Time.GetUtcNow();
        using var foreign = new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256).CreateSelfSigned(now, now.AddHours(1));
        using var agent = await AgentAsync(certificate: foreign);

        Assert.That(await agent.StatusAsync(_api), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    private async Task<InvoicesApi> StartApiAsync(Uri? broker = null, string? audience = null, string? issuer = null)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(_broker.X509.ReadAuthorityPem());
        return await InvoicesApi.StartAsync(new SecretsBrokerAccessOptions
        {
            Broker = broker ?? _broker.Address,
            CertificateTarget = "x509-target",
            TokenTarget = "jwt-target",
            CertificateAuthorities = authorities,
            Issuer = issuer ?? PublicationHost.Issuer,
            Audience = audience ?? Tokens.Audience,
            Time = _broker.Time,
        });
    }

    private async Task<Agent> AgentAsync(
        string action = "read",
        string resource = InvoicesApi.Resource,
        TimeSpan? tokenLife = null,
        X509Certificate2? certificate = null)
    {
        var now = _broker.Time.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = TestLeases.Request(
            TestLeases.Grant("x509"), new CredentialInput.X509(Certificates.Request(key), default), now.AddMinutes(5));
        using var issued = await _broker.X509.IssueAsync(asked, CancellationToken.None);
        using var leaf = issued.Leaf();
        var presented = certificate ?? leaf.CopyWithPrivateKey(key);

        var grant = TestLeases.Grant("jwt") with { Action = action, Resource = resource };
        var wanted = TestLeases.Request(grant, new CredentialInput.Jwt(presented.RawData, ""), now + (tokenLife ?? TimeSpan.FromMinutes(5)));
        using var token = await _broker.Jwt.IssueAsync(wanted, CancellationToken.None);
        return new Agent(presented, token.Text(), TestLeases.LeaseOf(asked), TestLeases.LeaseOf(wanted));
    }

    /// <summary>A caller that keeps its connection, as agents do.</summary>
    private sealed class Agent(X509Certificate2 certificate, string token, Lease certificateLease, Lease tokenLease) : IDisposable
    {
        private readonly Dictionary<(InvoicesApi, bool), HttpClient> _clients = [];

        public string Token => token;

        public Lease CertificateLease => certificateLease;

        public Lease TokenLease => tokenLease;

        public async Task<HttpStatusCode> StatusAsync(InvoicesApi api)
        {
            using var response = await CallAsync(api);
            return response.StatusCode;
        }

        public async Task<HttpResponseMessage> CallAsync(
            InvoicesApi api, HttpMethod? method = null, string path = "/invoices", bool withCertificate = true, string? token = null)
        {
            if (!_clients.TryGetValue((api, withCertificate), out var client))
            {
                client = new HttpClient(api.CreateHandler(withCertificate ? certificate : null)) { BaseAddress = api.Address };
                _clients[(api, withCertificate)] = client;
            }

            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
            if ((token ?? Token).Length > 0)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token);
            }

            return await client.SendAsync(request);
        }

        public void Dispose()
        {
            foreach (var client in _clients.Values)
            {
                client.Dispose();
            }

            certificate.Dispose();
        }
    }
}
