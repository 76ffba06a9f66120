using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Engines;

namespace SecretsBroker.Tests.Introspection;

/// <summary>A resource server asks about tokens, over real HTTP (RFC 7662).</summary>
internal sealed class IntrospectionTests
{
    private IntrospectionBroker _site = null!;

    [OneTimeSetUp]
    public async Task Start() => _site = await IntrospectionBroker.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _site.DisposeAsync();

    [Test]
    public async Task Resource_server_is_told_what_a_good_token_says()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = JsonWebKeys.Canonical(key);
        var lease = await _site.IssueAsync(jsonWebKey: Encoding.UTF8.GetString(jwk));

        using var response = await _site.AskAsync("introspect", lease.Secret.AccessToken.Token);
        var told = await _site.IntrospectAsync(lease.Secret.AccessToken.Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
            Assert.That(told.GetProperty("active").GetBoolean(), Is.True);
            Assert.That(told.GetProperty("token_type").GetString(), Is.EqualTo("DPoP"));
            Assert.That(told.GetProperty("sub").GetString(), Is.EqualTo(TestBroker.Agent));
            Assert.That(told.GetProperty("client_id").GetString(), Is.EqualTo(TestBroker.Agent));
            Assert.That(told.GetProperty("aud").GetString(), Is.EqualTo("invoices-api"));
            Assert.That(told.GetProperty("iss").GetString(), Is.EqualTo("https://broker.example/invoices-api"));
            Assert.That(told.GetProperty("jti").GetString(), Is.EqualTo(lease.Id));
            Assert.That(told.GetProperty("exp").GetInt64(), Is.GreaterThan(told.GetProperty("iat").GetInt64()));
            Assert.That(told.GetProperty("cnf").GetProperty("jkt").GetString(), Is.EqualTo(JsonWebKeys.Thumbprint(jwk)));
            Assert.That(
                told.GetProperty("authorization_details")[0].GetProperty("identifier").GetString(), Is.EqualTo("invoices-api/invoices"));
        }
    }

    [Test]
    public async Task Token_is_not_good_from_the_moment_its_lease_is_given_back()
    {
        var lease = await _site.IssueAsync();
        var token = lease.Secret.AccessToken.Token;
        Assert.That(await _site.IsActiveAsync(token), Is.True);

        await lease.DisposeAsync();

        Assert.That((await _site.IntrospectAsync(token)).GetRawText(), Is.EqualTo("{\"active\":false}"));
    }

    [Test]
    public async Task Token_is_not_good_when_its_lease_has_ended_and_is_not_listed_yet()
    {
        var lease = await _site.IssueAsync();

        // Without a revocation, which would list it.
        await _site.Broker.Services.GetRequiredService<ILeaseStore>().EndAsync(LeaseId.Parse(lease.Id), EndCause.Killed, default);

        Assert.That(await _site.IsActiveAsync(lease.Secret.AccessToken.Token), Is.False);
    }

    [Test]
    public async Task Token_is_not_good_when_it_is_listed_and_the_store_has_forgotten_why()
    {
        var lease = await _site.IssueAsync();

        await _site.Broker.Services.GetRequiredService<IDenyList>().AddAsync(
            IntrospectionBroker.Invoices, LeaseId.Parse(lease.Id), TimeProvider.System.GetUtcNow().AddMinutes(5), default);

        Assert.That(await _site.IsActiveAsync(lease.Secret.AccessToken.Token), Is.False);
    }

    [Test]
    public async Task Token_is_not_good_after_its_end()
    {
        var lease = await _site.IssueAsync(timeToLive: TimeSpan.FromSeconds(5));

        await Wait.UntilAsync(async () => !await _site.IsActiveAsync(lease.Secret.AccessToken.Token));
    }

    [Test]
    public async Task Resource_server_learns_nothing_of_a_token_for_another()
    {
        var notes = (await _site.IssueAsync("notes-api/notes")).Secret.AccessToken.Token;

        Assert.That((await _site.IntrospectAsync(notes)).GetRawText(), Is.EqualTo("{\"active\":false}"));
        Assert.That(await _site.IsActiveAsync(notes, _site.Bearer(IntrospectionBroker.Watcher), IntrospectionBroker.Notes), Is.True);
    }

    [Test]
    public async Task What_the_key_signed_without_a_lease_is_not_good()
    {
        var type = new JwtEngineType(new InMemoryDenyList(TimeProvider.System), TimeProvider.System, NullLogger<JwtEngine>.Instance);
        await using var thief = type.Create(TestLeases.Target("jwt", new
        {
            key_file = Path.Combine(_site.Broker.Folder, "invoices-api.key"),
            issuer = "https://broker.example/invoices-api",
            audience = "invoices-api",
        }));
        // Of somebody else's lease, too, when it is not for this target.
        var notes = await _site.IssueAsync("notes-api/notes");
        foreach (var id in (LeaseId[])[LeaseId.New(0), LeaseId.New(0xff), LeaseId.Parse(notes.Id)])
        {
            var request = TestLeases.Request(
                TestLeases.Grant("jwt", new { bearer = true }), new CredentialInput.None(), TimeProvider.System.GetUtcNow().AddMinutes(5));
            using var forged = (AccessTokenCredential)await thief.IssueAsync(request with { LeaseId = id }, default);

            Assert.That(await _site.IsActiveAsync(forged.Token.Reveal()), Is.False);
        }
    }

    [Test]
    public async Task What_is_no_token_is_not_good()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        var parts = token.Split('.');
        var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1]));
        var others = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.Replace("invoices-api/invoices", "invoices-api/payments", StringComparison.Ordinal)));
        var unsigned = Base64Url.EncodeToString("""{"typ":"at+jwt","alg":"none"}"""u8);
        foreach (var wrong in (string[])
            [
                "x", "a.b.c", "..", $"{parts[0]}.{others}.{parts[2]}", $"{unsigned}.{parts[1]}.{parts[2]}", $"{parts[0]}.{parts[1]}.", $"{parts[0]}.{parts[1]}",
                $"{parts[0]}.{parts[1]}.{parts[2]}A", $"{token}.", token.ToUpperInvariant(), new string('a', 20_000), "😀", "' OR 1=1 --",
            ])
        {
            Assert.That(await _site.IsActiveAsync(wrong), Is.False, wrong[..Math.Min(wrong.Length, 40)]);
        }

        Assert.That(await _site.IsActiveAsync(token), Is.True);
    }

    [Test]
    public async Task Whoever_is_none_of_the_targets_resource_servers_is_told_nothing()
    {
        var token = (await _site.IssueAsync()).Secret.AccessToken.Token;
        var notes = (await _site.IssueAsync("notes-api/notes")).Secret.AccessToken.Token;
        foreach (var (client, target, what) in (IEnumerable<(System.Net.Http.Headers.AuthenticationHeaderValue?, string, string)>)
            [
                (null, IntrospectionBroker.Invoices, token),
                (IntrospectionBroker.Basic(IntrospectionBroker.Invoices, "a wrong secret, which is as long as it has to be"), IntrospectionBroker.Invoices, token),
                (IntrospectionBroker.Basic(IntrospectionBroker.Invoices, ""), IntrospectionBroker.Invoices, token),
                (IntrospectionBroker.Basic("nobody"), IntrospectionBroker.Invoices, token),
                (IntrospectionBroker.Basic("careless", "too short"), IntrospectionBroker.Invoices, token),
                (new("Basic", "%%%"), IntrospectionBroker.Invoices, token),
                (new("Basic", new string('A', 4_000)), IntrospectionBroker.Invoices, token),
                (_site.Bearer(IntrospectionBroker.Watcher), IntrospectionBroker.Invoices, token),
                (_site.Bearer(TestBroker.Agent), IntrospectionBroker.Notes, notes),
                (IntrospectionBroker.Basic(IntrospectionBroker.Invoices), IntrospectionBroker.Notes, notes),
                (IntrospectionBroker.Basic("", ""), IntrospectionBroker.Notes, notes),
                (new("Bearer", notes), IntrospectionBroker.Notes, notes),
            ])
        {
            using var response = await _site.AskAsync("introspect", what, client ?? new("Unknown", "x"), target);

            Assert.That(response.StatusCode, Is.AnyOf(HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests), $"{client} at {target}");
            Assert.That(await response.Content.ReadAsStringAsync(), Is.AnyOf("", "{\"error\":\"invalid_client\"}"));
        }
    }

    [Test]
    public async Task Workload_that_asks_too_often_has_to_wait_and_others_do_not()
    {
        await using var site = await IntrospectionBroker.StartAsync(("Issuance:MaxIssuesPerMinute", "1"));
        var notes = (await site.IssueAsync("notes-api/notes")).Secret.AccessToken.Token;

        // As time goes on, one more may ask now and then.
        await Wait.UntilAsync(async () =>
        {
            using var response = await site.AskAsync("introspect", notes, site.Bearer(IntrospectionBroker.Watcher), IntrospectionBroker.Notes);
            return response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null;
        });
        Assert.That(await site.IsActiveAsync(notes), Is.False, "a server that shows a secret is answered");
    }

    [TestCase("quiet-api")]
    [TestCase("unknown")]
    public async Task Target_without_resource_servers_answers_nobody(string target)
    {
        using var response = await _site.AskAsync("introspect", "x", target: target);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Request_that_is_none_is_refused()
    {
        var two = new FormUrlEncodedContent((KeyValuePair<string, string>[])[new("token", "x"), new("token", "y")]);
        var many = new FormUrlEncodedContent(Enumerable.Range(0, 100).Select(i => KeyValuePair.Create($"n{i}", "x")));
        foreach (var (content, status) in (IEnumerable<(HttpContent, int)>)
            [
                (new StringContent("""{"token":"x"}""", Encoding.UTF8, "application/json"), 400),
                (new MultipartFormDataContent { { new StringContent("x"), "token" } }, 400),
                (new FormUrlEncodedContent([]), 400),
                (two, 400),
                (many, 400),
                (new FormUrlEncodedContent([KeyValuePair.Create("token", "\u0000")]), 400),
                (new FormUrlEncodedContent([KeyValuePair.Create("token", new string('x', 30_000))]), 400),
                (new FormUrlEncodedContent([KeyValuePair.Create("token", new string('x', 200_000))]), 413),
            ])
        {
            using var response = await _site.PostAsync("introspect", content, IntrospectionBroker.Basic(IntrospectionBroker.Invoices));

            Assert.That((int)response.StatusCode, Is.EqualTo(status));
        }
    }

    [Test]
    public async Task Nothing_is_said_in_the_clear_to_another_machine()
    {
        var endpoint = _site.Broker.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Single(one => one.RoutePattern.RawText == "/v1/jwt/{target}/introspect");
        var http = new DefaultHttpContext { RequestServices = _site.Broker.Services };
        http.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
        http.Request.Method = HttpMethods.Post;
        http.Request.Headers.Authorization = IntrospectionBroker.Basic(IntrospectionBroker.Invoices).ToString();
        http.Request.RouteValues["target"] = IntrospectionBroker.Invoices;

        await endpoint.RequestDelegate!(http);

        Assert.That(http.Response.StatusCode, Is.EqualTo(400));
    }

    [Test]
    public async Task Without_the_store_no_token_is_good_and_none_is_bad()
    {
        await using var site = await IntrospectionBroker.StartAsync();
        var token = (await site.IssueAsync()).Secret.AccessToken.Token;
        Assert.That(await site.IsActiveAsync(token), Is.True);
        await ExecuteAsync(site, "ALTER TABLE leases RENAME TO away");

        foreach (var what in (string[])["introspect", "revoke"])
        {
            using var response = await site.AskAsync(what, token);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(response.Headers.CacheControl!.NoStore, Is.True);
            Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        }

        await ExecuteAsync(site, "ALTER TABLE away RENAME TO leases");
        Assert.That(await site.IsActiveAsync(token), Is.True);
    }

    private static async Task ExecuteAsync(IntrospectionBroker site, string statement)
    {
        await using var store = new SqliteConnection($"Data Source={Path.Combine(site.Broker.Folder, "leases.db")};Pooling=False");
        await store.OpenAsync();
        await using var command = store.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }
}
