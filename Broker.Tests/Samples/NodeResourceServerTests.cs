using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Tests.Engines.OAuth;
using SecretsBroker.Tests.Introspection;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Samples;

/// <summary>The sample resource server asks a real broker about real tokens, and lets nobody in when that does not answer as it should.</summary>
internal sealed class NodeResourceServerTests
{
    /// <summary>An answer about a token that is good for reading the invoices.</summary>
    private const string Good =
        """
        {"active":true,"iss":"https://broker.example/invoices-api","sub":"spiffe://dev.local/agent/a","aud":"invoices-api","authorization_details":[
        {"type":"secretsbroker_intent","actions":["read"],"locations":["invoices-api"],"identifier":"invoices-api/invoices"}]}
        """;

    private IntrospectionBroker _site = null!;
    private NodeResourceServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _site = await IntrospectionBroker.StartAsync();
        _server = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _site.DisposeAsync();
    }

    [Test]
    public async Task Caller_with_a_good_token_is_served()
    {
        var lease = await _site.IssueAsync();

        using var response = await CallAsync(_server.Connect(), lease.Secret.AccessToken.Token);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), _server.Log);
        using var told = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(told.RootElement.GetProperty("caller").GetString(), Is.EqualTo(TestBroker.Agent));
    }

    [Test]
    public async Task Token_whose_lease_has_ended_is_refused_at_the_next_request_on_the_same_connection()
    {
        var lease = await _site.IssueAsync();
        var caller = _server.Connect();
        Assert.That(await StatusAsync(caller, lease.Secret.AccessToken.Token), Is.EqualTo(HttpStatusCode.OK), _server.Log);

        await lease.DisposeAsync();

        using var response = await CallAsync(caller, lease.Secret.AccessToken.Token);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Does.Contain("invalid_token"));
    }

    [Test]
    public async Task Token_that_a_resource_server_has_revoked_is_refused()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        using var revoked = await _site.AskAsync("revoke", token);
        Assert.That(revoked.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(await StatusAsync(_server.Connect(), token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Token_is_refused_after_its_end()
    {
        var lease = await _site.IssueAsync(timeToLive: TimeSpan.FromSeconds(5));
        var caller = _server.Connect();

        await Wait.UntilAsync(async () => await StatusAsync(caller, lease.Secret.AccessToken.Token) == HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task Token_for_another_resource_server_is_refused()
    {
        var notes = await _site.IssueAsync("notes-api/notes");

        Assert.That(await StatusAsync(_server.Connect(), notes.Secret.AccessToken.Token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("AUDIENCE", "payments-api")]
    [TestCase("ISSUER", "https://other.example/invoices-api")]
    public async Task Token_that_the_broker_calls_good_is_refused_where_it_is_not_meant_for(string name, string value)
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        await using var other = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site), (name, value));

        Assert.That(await StatusAsync(other.Connect(), token), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await _site.IsActiveAsync(token), Is.True);
    }

    [Test]
    public async Task Token_is_refused_for_what_it_was_not_issued_for()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;

        using var response = await CallAsync(_server.Connect(), token, HttpMethod.Delete, "/invoices/4711");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Does.Contain("insufficient_scope"));
    }

    [Test]
    public async Task Token_that_is_bound_to_a_certificate_serves_who_shows_it_and_nobody_else()
    {
        using var certificate = ServerCertificates.Of(IPAddress.Loopback);
        using var another = ServerCertificates.Of(IPAddress.Loopback);
        var token = await IssueBoundAsync(new AccessTokenRequest { Certificate = ByteString.CopyFrom(certificate.RawData) });

        Assert.That(await StatusAsync(_server.Connect(certificate), token), Is.EqualTo(HttpStatusCode.OK), _server.Log);
        Assert.That(await StatusAsync(_server.Connect(another), token), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await StatusAsync(_server.Connect(), token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Token_that_is_bound_to_a_key_is_refused_because_nobody_looks_at_its_proof()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = await IssueBoundAsync(new AccessTokenRequest { JsonWebKey = Encoding.UTF8.GetString(JsonWebKeys.Canonical(key)) });

        Assert.That(await StatusAsync(_server.Connect(), token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("")]
    [TestCase("a.b.c")]
    [TestCase("a token with spaces")]
    public async Task What_is_no_token_is_refused(string token) =>
        Assert.That(await StatusAsync(_server.Connect(), token), Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task Nobody_is_served_while_the_broker_is_down()
    {
        await using var site = await IntrospectionBroker.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(site));
        var token = (await site.IssueAsync()).Secret.AccessToken.Token;
        var caller = server.Connect();
        Assert.That(await StatusAsync(caller, token), Is.EqualTo(HttpStatusCode.OK), server.Log);

        await site.Broker.StopAsync();

        using var response = await CallAsync(caller, token);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
    }

    [Test]
    public async Task Nobody_is_served_while_the_broker_does_not_take_the_service_for_its_own()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        await using var stranger = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site), ("CLIENT_ID", "nobody"));

        Assert.That(await StatusAsync(stranger.Connect(), token), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Nobody_is_served_when_the_answer_takes_too_long(bool hasBegun)
    {
        await using var broker = await ScriptedServer.StartAsync();
        broker.Introspect = async http =>
        {
            if (hasBegun)
            {
                await AnswerAsync(http, 200, """{"active":true,""");
                await http.Response.Body.FlushAsync();
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
        };
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect", ("ASK_LIMIT_MS", "200"));

        Assert.That(await StatusAsync(server.Connect(), "a.b.c"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        await Wait.UntilAsync(() => server.Log.Contains("TimeoutError", StringComparison.Ordinal));
    }

    [Test]
    public async Task Nobody_is_served_on_an_answer_that_is_none()
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        var caller = server.Connect();
        foreach (var (status, body) in (IEnumerable<(int, string)>)
            [
                (200, ""), (200, "yes"), (200, "[]"), (200, "{}"), (200, "null"), (200, """{"active":"true"}"""), (200, """{"active":1}"""), (201, Good), (302, Good),
                (400, """{"error":"invalid_request"}"""), (401, """{"error":"invalid_client"}"""), (404, ""), (429, ""), (500, Good), (503, ""),
            ])
        {
            broker.Introspect = http => AnswerAsync(http, status, body);

            Assert.That(await StatusAsync(caller, "a.b.c"), Is.EqualTo(HttpStatusCode.ServiceUnavailable), $"{status} {body}");
        }

        broker.Introspect = http => AnswerAsync(http, 200, Good);
        Assert.That(await StatusAsync(caller, "a.b.c"), Is.EqualTo(HttpStatusCode.OK), server.Log);
    }

    [Test]
    public async Task Good_token_that_says_something_else_is_refused()
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        var caller = server.Connect();
        foreach (var (what, other, expected) in (IEnumerable<(string, string, HttpStatusCode)>)
            [
                ("invoices-api/invoices", "invoices-api/payments", HttpStatusCode.Forbidden),
                ("\"identifier\"", "\"name\"", HttpStatusCode.Forbidden),
                ("[\"read\"]", "[\"write\"]", HttpStatusCode.Forbidden),
                ("secretsbroker_intent", "another", HttpStatusCode.Forbidden),
                ("\"locations\":[\"invoices-api\"]", "\"locations\":[\"notes-api\"]", HttpStatusCode.Forbidden),
                ("authorization_details", "details", HttpStatusCode.Forbidden),
                ("\"aud\":\"invoices-api\"", "\"aud\":[\"notes-api\"]", HttpStatusCode.Unauthorized),
                ("\"aud\"", "\"audience\"", HttpStatusCode.Unauthorized),
                ("\"iss\"", "\"issuer\"", HttpStatusCode.Unauthorized),
                ("\"sub\"", "\"cnf\":null,\"sub\"", HttpStatusCode.Unauthorized),
                ("\"sub\"", "\"cnf\":{},\"sub\"", HttpStatusCode.Unauthorized),
            ])
        {
            broker.Introspect = http => AnswerAsync(http, 200, Good.Replace(what, other, StringComparison.Ordinal));

            Assert.That(await StatusAsync(caller, "a.b.c"), Is.EqualTo(expected), $"{what} {other}");
        }
    }

    [Test]
    public async Task Token_is_not_logged()
    {
        var lease = await _site.IssueAsync();
        var token = lease.Secret.AccessToken.Token;
        await using var stranger = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site), ("CLIENT_ID", "nobody"));
        await lease.DisposeAsync();
        await StatusAsync(stranger.Connect(), token);
        await StatusAsync(_server.Connect(), token);

        await Wait.UntilAsync(() => stranger.Log.Contains("could not be asked", StringComparison.Ordinal) && _server.Log.Contains("Refused with 401", StringComparison.Ordinal));
        Assert.That(stranger.Log + _server.Log, Does.Not.Contain(token).And.Not.Contains(token.Split('.')[2]).And.Not.Contains(IntrospectionBroker.Secret));
    }

    private static string EndpointOf(IntrospectionBroker site) =>
        new Uri(site.Broker.Publications, $"/v1/jwt/{IntrospectionBroker.Invoices}/introspect").AbsoluteUri;

    private static async Task AnswerAsync(HttpContext http, int status, string body)
    {
        (http.Response.StatusCode, http.Response.ContentType) = (status, "application/json");
        http.Response.Headers.Location = "/introspect";
        await http.Response.WriteAsync(body);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient caller, string token)
    {
        using var response = await CallAsync(caller, token);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> CallAsync(HttpClient caller, string token, HttpMethod? method = null, string path = "/invoices")
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await caller.SendAsync(request);
    }

    private async Task<string> IssueBoundAsync(AccessTokenRequest binding) => (await _site.IssueAsync(binding)).Secret.AccessToken.Token;
}
