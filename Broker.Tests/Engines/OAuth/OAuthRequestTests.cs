using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>What the server is asked for, and by whom.</summary>
[TestFixture]
internal sealed class OAuthRequestTests : OAuthFixture
{
    [Test]
    public async Task Server_is_asked_for_what_the_grant_says_by_the_brokers_client()
    {
        using var credential = await IssueAsync(Request());

        var (_, form, authorization) = Server.Requests.First();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(form["grant_type"].ToString(), Is.EqualTo("client_credentials"));
            Assert.That(form["resource"], Is.EqualTo((string[])["https://a.example/", "https://b.example/"]));
            Assert.That(form["audience"].ToString(), Is.EqualTo("api"));
            Assert.That(form["scope"].ToString(), Is.EqualTo("read list"));
            Assert.That(form, Does.Not.ContainKey("client_secret"));
            Assert.That(
                Encoding.UTF8.GetString(Convert.FromBase64String(authorization["Basic ".Length..])),
                Is.EqualTo("the%20broker:client%3A%20se%2Fcret%2B%20of%20100%25"));
            Assert.That(credential.Audience, Is.EqualTo("api https://a.example/ https://b.example/"));
            Assert.That(credential.Handle, Does.Not.Contain("t-1"));
        }
    }

    [Test]
    public async Task What_is_exchanged_names_workload_delegators_lease_and_intent()
    {
        var chain = new DelegationChain(new RootIntent("close the month", "", "00"), [Link("root"), Link("first")]);
        var request = Request(new { flow = "token_exchange", scope = new[] { "read" } }) with { Delegation = chain };
        Server.Token = Answer("""{"access_token":"t-1","token_type":"bearer","expires_in":60,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}""");

        using var credential = await IssueAsync(request);

        var (_, form, _) = Server.Requests.First();
        var parts = form["subject_token"].ToString().Split('.');
        var (header, claims) = (Json(parts[0]), Json(parts[1]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(form["subject_token_type"].ToString(), Is.EqualTo("urn:ietf:params:oauth:token-type:jwt"));
            Assert.That(header.GetProperty("kid").GetString(), Is.EqualTo((string?)Engine.ReadKeySet()!["keys"]![0]!["kid"]));
            Assert.That(header.GetProperty("typ").GetString(), Is.EqualTo("secretsbroker-subject+jwt"));
            Assert.That(claims.GetProperty("iss").GetString(), Is.EqualTo("https://broker.example/v1/oauth/oauth-target"));
            Assert.That(claims.GetProperty("aud").GetString(), Is.EqualTo("https://as.example"));
            Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo("spiffe://example.org/agent/root"));
            Assert.That(claims.GetProperty("act").GetProperty("sub").GetString(), Is.EqualTo(TestLeases.Workload.Value));
            Assert.That(claims.GetProperty("act").GetProperty("act").GetProperty("sub").GetString(), Is.EqualTo("spiffe://example.org/agent/first"));
            Assert.That(claims.GetProperty("jti").GetString(), Is.EqualTo(request.LeaseId.Value));
            Assert.That(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64(), Is.EqualTo(60));
            Assert.That(claims.GetProperty("authorization_details")[0].GetProperty("identifier").GetString(), Is.EqualTo("invoices-api/invoices"));
        }

        static DelegationLink Link(string name) =>
            new(DelegationId.New(0), new TaskKey(new WorkloadId($"spiffe://example.org/agent/{name}"), new TaskId("t-1")));
    }

    [Test]
    public async Task Check_tells_a_client_that_the_server_does_not_know()
    {
        await Engine.CheckAsync(Token);

        Server.Introspect = Answer("""{"error":"invalid_client"}""", 401);

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));
        Assert.That(failed!.Message, Does.Contain("invalid_client"));
        Assert.That(Server.Requests.Select(request => request.Path), Has.None.EqualTo("/token"));
    }

    [Test]
    public async Task Without_the_key_that_seals_no_token_is_asked_for()
    {
        await using var engine = NewEngine(settings => settings["encryption_key"] = new JsonObject { ["file"] = Files.Path("missing.key") });

        await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(Request(), Token));

        Assert.That(Server.Requests, Is.Empty);
    }

    [Test]
    public async Task Redirection_is_not_followed()
    {
        Server.Token = http =>
        {
            http.Response.Headers.Location = $"{Server.Url}/introspect";
            return Answer("", 307)(http);
        };

        await AssertUnknownAsync(Request());
        Assert.That(Server.Requests.Select(request => request.Path), Is.EqualTo((string[])["/token"]));
    }

    private static JsonElement Json(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;
}
