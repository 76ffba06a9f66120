using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using SecretsBroker.Client;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Tests.Introspection;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Samples;

/// <summary>The sample resource server asks a real broker about real tokens, and lets nobody in when that cannot be asked.</summary>
internal sealed class NodeResourceServerTests
{
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

        using var response = await _server.Connect().CallAsync(lease.Secret.AccessToken.Token);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), _server.Log);
        using var told = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(told.RootElement.GetProperty("caller").GetString(), Is.EqualTo(TestBroker.Agent));
    }

    [Test]
    public async Task Token_whose_lease_has_ended_is_refused_at_the_next_request_on_the_same_connection()
    {
        var lease = await _site.IssueAsync();
        var caller = _server.Connect();
        Assert.That(await caller.StatusAsync(lease.Secret.AccessToken.Token), Is.EqualTo(HttpStatusCode.OK), _server.Log);

        await lease.DisposeAsync();

        using var response = await caller.CallAsync(lease.Secret.AccessToken.Token);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Does.Contain("invalid_token"));
    }

    [Test]
    public async Task Token_that_a_resource_server_has_revoked_is_refused()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        using var revoked = await _site.AskAsync("revoke", token);
        Assert.That(revoked.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(await _server.Connect().StatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Token_is_refused_after_its_end()
    {
        var caller = _server.Connect();
        var timeToLive = TimeSpan.FromSeconds(5);
        BrokerLease lease = null!;
        // A machine with much else to do may take longer than that to the first request.
        await Wait.UntilAsync(async () =>
        {
            lease = await _site.IssueAsync(timeToLive: timeToLive);
            timeToLive *= 2;
            return await caller.StatusAsync(lease.Secret.AccessToken.Token) == HttpStatusCode.OK;
        });

        await Wait.UntilAsync(async () => await caller.StatusAsync(lease.Secret.AccessToken.Token) == HttpStatusCode.Unauthorized);
    }

    [Test]
    public async Task Token_for_another_resource_server_is_refused()
    {
        var notes = await _site.IssueAsync("notes-api/notes");

        Assert.That(await _server.Connect().StatusAsync(notes.Secret.AccessToken.Token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("AUDIENCE", "payments-api")]
    [TestCase("ISSUER", "https://other.example/invoices-api")]
    public async Task Token_that_the_broker_calls_good_is_refused_where_it_is_not_meant_for(string name, string value)
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        await using var other = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site), (name, value));

        Assert.That(await other.Connect().StatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await _site.IsActiveAsync(token), Is.True);
    }

    [Test]
    public async Task Token_is_refused_for_what_it_was_not_issued_for()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;

        using var response = await _server.Connect().CallAsync(token, HttpMethod.Delete, "/invoices/4711");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Does.Contain("insufficient_scope"));
    }

    [Test]
    public async Task Token_that_is_bound_to_a_certificate_serves_who_shows_it_and_nobody_else()
    {
        using var certificate = ServerCertificates.Of(IPAddress.Loopback);
        using var another = ServerCertificates.Of(IPAddress.Loopback);
        var token = await IssueBoundAsync(new AccessTokenRequest { Certificate = ByteString.CopyFrom(certificate.RawData) });

        Assert.That(await _server.Connect(certificate).StatusAsync(token), Is.EqualTo(HttpStatusCode.OK), _server.Log);
        Assert.That(await _server.Connect(another).StatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await _server.Connect().StatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Token_that_is_bound_to_a_key_is_refused_because_nobody_looks_at_its_proof()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = await IssueBoundAsync(new AccessTokenRequest { JsonWebKey = Encoding.UTF8.GetString(JsonWebKeys.Canonical(key)) });

        Assert.That(await _server.Connect().StatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase(null)]
    [TestCase("Basic")]
    public async Task Caller_who_shows_no_token_is_told_of_no_error(string? scheme)
    {
        using var response = await _server.Connect().CallAsync(scheme is null ? null : new AuthenticationHeaderValue(scheme, "YTpi"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer realm=\"invoices\""));
    }

    [TestCase("")]
    [TestCase("a.b.c")]
    [TestCase("a token with spaces")]
    public async Task What_is_no_token_is_refused(string token)
    {
        using var response = await _server.Connect().CallAsync(token);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Does.Contain("error=\"invalid_token\""));
    }

    [Test]
    public async Task Nobody_is_served_while_the_broker_is_down()
    {
        await using var site = await IntrospectionBroker.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(site));
        var token = (await site.IssueAsync()).Secret.AccessToken.Token;
        var caller = server.Connect();
        Assert.That(await caller.StatusAsync(token), Is.EqualTo(HttpStatusCode.OK), server.Log);

        await site.Broker.StopAsync();

        using var response = await caller.CallAsync(token);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
    }

    [Test]
    public async Task Nobody_is_served_while_the_broker_does_not_take_the_service_for_its_own()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        await using var stranger = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site), ("CLIENT_ID", "nobody"));

        Assert.That(await stranger.Connect().StatusAsync(token), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Token_is_not_logged()
    {
        var lease = await _site.IssueAsync();
        var token = lease.Secret.AccessToken.Token;
        await using var server = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site));
        await using var stranger = await NodeResourceServer.StartOrIgnoreAsync(EndpointOf(_site), ("CLIENT_ID", "nobody"));
        var caller = server.Connect();
        Assert.That(await caller.StatusAsync(token), Is.EqualTo(HttpStatusCode.OK), server.Log);
        await lease.DisposeAsync();
        Assert.That(await caller.StatusAsync(token), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await stranger.Connect().StatusAsync(token), Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        var log = await server.StopAsync() + await stranger.StopAsync();

        Assert.That(log, Does.Contain("Refused with 401").And.Contain("could not be asked"));
        Assert.That(log, Does.Not.Contain(token).And.Not.Contains(token.Split('.')[2]).And.Not.Contains(IntrospectionBroker.Secret));
    }

    private static string EndpointOf(IntrospectionBroker site) =>
        new Uri(site.Broker.Publications, $"/v1/jwt/{IntrospectionBroker.Invoices}/introspect").AbsoluteUri;

    private async Task<string> IssueBoundAsync(AccessTokenRequest binding) => (await _site.IssueAsync(binding)).Secret.AccessToken.Token;
}
