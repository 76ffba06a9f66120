using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>Servers that lie, are slow, fail or are not there, and what is left of a token then.</summary>
internal sealed class OAuthEngineTests
{
    private const string Leak = "words-of-the-server";
    private const string Secret = "client: se/cret+ of 100%";

    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(3));
    private SteppedTime _time = null!;
    private OAuthFiles _files = null!;
    private ScriptedServer _server = null!;
    private OAuthEngine _engine = null!;

    private CancellationToken Token => _end.Token;

    [SetUp]
    public async Task Start()
    {
        _time = new SteppedTime();
        _files = new OAuthFiles();
        _files.ClientSecret(Secret);
        _files.NewEncryptionKey();
        _server = await ScriptedServer.StartAsync();
        _engine = Engine();
    }

    [TearDown]
    public async Task Stop()
    {
        await _engine.DisposeAsync();
        await _server.DisposeAsync();
        _files.Dispose();
    }

    [OneTimeTearDown]
    public void Dispose() => _end.Dispose();

    [Test]
    public async Task Server_is_asked_for_what_the_grant_says_by_the_brokers_client()
    {
        using var credential = await IssueAsync(Request());

        var (_, form, authorization) = _server.Requests.First();
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
        _server.Token = Answer("""{"access_token":"t-1","token_type":"bearer","expires_in":60,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}""");

        using var credential = await IssueAsync(request);

        var (_, form, _) = _server.Requests.First();
        var parts = form["subject_token"].ToString().Split('.');
        var (header, claims) = (Json(parts[0]), Json(parts[1]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(form["subject_token_type"].ToString(), Is.EqualTo("urn:ietf:params:oauth:token-type:jwt"));
            Assert.That(header.GetProperty("kid").GetString(), Is.EqualTo((string?)_engine.ReadKeySet()!["keys"]![0]!["kid"]));
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

    [TestCase("""{"access_token":"t-1","token_type":"Bearer"}""", "how long")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":"300"}""", "how long")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":-1}""", "how long")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":601}""", "max_token_life")]
    [TestCase("""{"access_token":"t-1","token_type":"DPoP","expires_in":300}""", "Bearer")]
    [TestCase("""{"access_token":"t-1","expires_in":300}""", "Bearer")]
    [TestCase("""{"access_token":"t-1","token_type":"Bearer","expires_in":300,"scope":"read list admin"}""", "scopes")]
    [TestCase("""{"access_token":"t-1\n","token_type":"Bearer","expires_in":300}""", "printable")]
    public async Task Token_that_is_not_as_it_has_to_be_is_not_handed_out_and_revoked(string answer, string fault)
    {
        _server.Token = Answer(answer);
        var request = Request();

        var refused = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));
        var lease = ContractLease(request, handle: "");
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await _engine.RevokeAsync(lease, Token);

        Assert.That(refused!.Message, Does.Contain(fault).And.Not.Contain("t-1"));
        Assert.That(_server.Revoked.Single().TrimEnd(), Is.EqualTo("t-1"));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_that_is_too_long_to_be_kept_is_revoked()
    {
        var token = new string('t', TokenRules.MaxBytes + 1);
        _server.Token = Answer($$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":300}""");
        var request = Request();

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));
        await _engine.RevokeAsync(ContractLease(request, handle: ""), Token);

        Assert.That(_server.Revoked, Is.EqualTo((string[])[token]));
    }

    [Test]
    public async Task Longest_token_fits_into_a_lease()
    {
        var token = new string('t', TokenRules.MaxBytes);
        _server.Token = Answer($$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":300}""");
        var request = Request();

        using var credential = await IssueAsync(request);

        Assert.That(credential.Handle, Has.Length.LessThanOrEqualTo(8192));
        await using var other = Engine();
        await other.RevokeAsync(ContractLease(request, credential.Handle), Token);
        Assert.That(_server.Revoked, Is.EqualTo((string[])[token]));
    }

    [TestCase(200, Leak)]
    [TestCase(200, "[]")]
    [TestCase(200, """{"token_type":"Bearer","expires_in":300}""")]
    [TestCase(200, """{"access_token":"","token_type":"Bearer","expires_in":300}""")]
    [TestCase(200, """{"access_token":"a","access_token":"b","token_type":"Bearer","expires_in":300}""")]
    [TestCase(200, """{"access_token":"a","token_type":"Bearer","expires_in":300""")]
    [TestCase(500, Leak)]
    [TestCase(503, """{"error":"words-of-the-server"}""")]
    [TestCase(302, "")]
    [TestCase(400, Leak)]
    [TestCase(401, """{"error":"words-of-the-server"}""")]
    [TestCase(404, Leak)]
    [TestCase(408, """{"error":"invalid_request"}""")]
    [TestCase(425, "")]
    [TestCase(429, """{"error":"access_denied"}""")]
    public async Task After_an_answer_that_is_none_a_token_may_exist_until_its_time_is_over(int status, string answer)
    {
        _server.Token = Answer(answer, status);
        await AssertUnknownAsync(Request());
    }

    [Test]
    public async Task Answer_that_does_not_end_is_not_read_to_its_end()
    {
        _server.Token = async http =>
        {
            var some = new byte[64 * 1024];
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(some, http.RequestAborted);
            }
        };

        await AssertUnknownAsync(Request());
    }

    [Test]
    public async Task Server_that_does_not_answer_is_waited_for_as_long_as_the_target_allows()
    {
        _server.Token = http => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        await using var hasty = Engine(time: TimeProvider.System, timeout: TimeSpan.FromMilliseconds(300));

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await hasty.IssueAsync(Request(), Token));

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That(failed.Message, Does.Contain("too long"));
    }

    [Test]
    public async Task Answer_whose_texts_are_not_utf8_is_one_that_is_none([Values("access_token", "token_type", "other")] string name)
    {
        byte[] answer = [.. Encoding.UTF8.GetBytes($$"""{"first":"t-1","{{name}}":"words"""), 0xff, .. "\",\"expires_in\":300}"u8];
        _server.Token = http => http.Response.Body.WriteAsync(answer).AsTask();

        await AssertUnknownAsync(Request());
    }

    [Test]
    public async Task Redirection_is_not_followed()
    {
        _server.Token = http =>
        {
            http.Response.Headers.Location = $"{_server.Url}/introspect";
            return Answer("", 307)(http);
        };

        await AssertUnknownAsync(Request());
        Assert.That(_server.Requests.Select(request => request.Path), Is.EqualTo((string[])["/token"]));
    }

    [TestCase(400, "invalid_scope")]
    [TestCase(401, "invalid_client")]
    [TestCase(403, "access_denied")]
    public async Task What_the_server_itself_refused_left_no_token(int status, string code)
    {
        _server.Token = Answer($$"""{"error":"{{code}}","error_description":"{{Leak}}"}""", status);
        var request = Request();

        var refused = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));

        Assert.That(refused!.Message, Does.Contain($"{status}").And.Contain(code).And.Not.Contain(Leak));
        Assert.That((await _engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_that_the_broker_may_not_look_at_is_not_handed_out_and_not_called_gone_for_that()
    {
        _server.Introspect = Answer("""{"active":false}""");
        var request = Request();
        var lease = ContractLease(request, handle: "");

        var refused = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));
        Assert.That(refused!.Message, Does.Contain("introspect"));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);

        await _engine.RevokeAsync(lease, Token);
        Assert.That(_server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Evidence, Does.Contain("does not tell otherwise"));
    }

    [Test]
    public async Task Token_from_a_time_without_introspection_is_not_gone_because_the_server_does_not_show_it()
    {
        await using var before = Engine(settings => settings.Remove("introspection_endpoint"));
        var request = Request();
        using var credential = await before.IssueAsync(request, Token);
        _server.Introspect = Answer("""{"active":false}""");

        Assert.That((await _engine.VerifyAsync(ContractLease(request, credential.Handle), Token)).Gone, Is.False);
    }

    [Test]
    public async Task Token_whose_look_failed_is_not_handed_out_and_revoked()
    {
        _server.Introspect = Answer(Leak, 503);
        var request = Request();

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));
        await _engine.RevokeAsync(ContractLease(request, handle: ""), Token);

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That(_server.Revoked, Is.EqualTo((string[])["t-1"]));
    }

    [Test]
    public async Task Token_that_cannot_be_revoked_does_not_keep_the_others_from_being()
    {
        var request = Request();
        using var first = await IssueAsync(request);
        _server.Token = Answer("""{"access_token":"t-2","token_type":"Bearer","expires_in":200}""");
        using var second = await IssueAsync(request);
        var revoke = _server.Revoke;
        var tries = 0;
        _server.Revoke = http => Interlocked.Increment(ref tries) == 1 ? Answer(Leak, 503)(http) : revoke(http);
        var lease = ContractLease(request, second.Handle);

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(lease, Token));

        Assert.That(_server.Revoked, Has.Count.EqualTo(1));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await _engine.RevokeAsync(lease, Token);
        Assert.That(_server.Revoked, Is.SupersetOf((string[])["t-1", "t-2"]));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Server_that_is_not_there_made_no_token()
    {
        await using (var gone = await ScriptedServer.StartAsync())
        {
            await _engine.DisposeAsync();
            _engine = Engine(settings => settings["token_endpoint"] = $"{gone.Url}/token");
        }

        var request = Request();

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That((await _engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_that_comes_when_the_caller_has_given_up_is_revoked()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        var give = _server.Token;
        _server.Token = async http =>
        {
            asked.SetResult();
            await answer.Task;
            await give(http);
        };
        var request = Request();
        using var caller = new CancellationTokenSource();
        var issuing = _engine.IssueAsync(request, caller.Token).AsTask();
        await asked.Task;

        await caller.CancelAsync();
        answer.SetResult();

        await Assert.CatchAsync<OperationCanceledException>(async () => await issuing);
        await _engine.RevokeAsync(ContractLease(request, handle: ""), Token);
        Assert.That(_server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That((await _engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Token_sealed_with_an_older_key_is_revoked_and_with_a_lost_one_is_not_gone_before_its_time()
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, credential.Handle);
        var key = _files.NewEncryptionKey("new.key");
        await using var lost = Engine(settings => settings["encryption_key"] = new JsonObject { ["file"] = key });
        await using var rotated = Engine(settings =>
        {
            settings["old_encryption_keys"] = new JsonArray(settings["encryption_key"]!.DeepClone());
            settings["encryption_key"] = new JsonObject { ["file"] = key };
        });

        await Assert.ThrowsAsync<EngineException>(async () => await lost.RevokeAsync(lease, Token));
        await rotated.RevokeAsync(lease, Token);
        Assert.That(_server.Revoked, Is.EqualTo((string[])["t-1"]));

        _time.Advance(TimeSpan.FromMinutes(6));
        await lost.RevokeAsync(lease, Token);
        Assert.That((await lost.VerifyAsync(lease, Token)).Evidence, Does.Contain("ended by itself"));
    }

    [Test]
    public async Task Handle_of_another_lease_opens_nothing()
    {
        var request = Request();
        using var credential = await IssueAsync(request);

        var stolen = ContractLease(Request(), credential.Handle);

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(stolen, Token));
        Assert.That(_server.Revoked, Is.Empty);
    }

    [Test]
    public async Task Revocation_that_the_server_refuses_or_fails_is_none()
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, credential.Handle);
        foreach (var (status, isTransient) in (IEnumerable<(int, bool)>)[(503, true), (400, false), (302, false)])
        {
            _server.Revoke = Answer(Leak, status);

            var failed = await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(lease, Token));

            Assert.That(failed!.IsTransient, Is.EqualTo(isTransient));
            Assert.That(failed.Message, Does.Not.Contain(Leak));
            Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        }
    }

    [Test]
    public async Task Server_that_says_revoked_and_still_takes_the_token_is_not_believed()
    {
        var request = Request();
        using var credential = await IssueAsync(request);
        var lease = ContractLease(request, credential.Handle);
        _server.Introspect = Answer("""{"active":true}""");

        await _engine.RevokeAsync(lease, Token);

        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        _server.Introspect = Answer("{}");
        await Assert.ThrowsAsync<EngineException>(async () => await _engine.VerifyAsync(lease, Token));
    }

    [Test]
    public async Task Lease_that_only_the_audit_log_remembers_is_not_gone_before_any_token_has_ended()
    {
        var lease = TestLeases.LeaseOf(Request());
        Assert.That(lease.CreateTime, Is.EqualTo(default(DateTimeOffset)));

        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        _time.Advance(TimeSpan.FromMinutes(5 + 10 + 1));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Without_introspection_the_servers_answer_is_all_the_proof_and_is_called_that()
    {
        await using var engine = Engine(settings => settings.Remove("introspection_endpoint"));
        var request = Request();
        using var credential = await engine.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);
        Assert.That((await engine.VerifyAsync(lease, Token)).Gone, Is.False);

        await engine.RevokeAsync(lease, Token);

        Assert.That(await engine.VerifyAsync(lease, Token), Is.EqualTo(
            new Verification(true, "the server answered that it revoked the token; it does not tell otherwise")));
    }

    [Test]
    public async Task Without_revocation_a_lease_is_expire_only_and_nothing_of_its_token_is_kept()
    {
        await using var engine = Engine(settings =>
        {
            foreach (var name in (string[])["revocation_endpoint", "introspection_endpoint", "encryption_key"])
            {
                settings.Remove(name);
            }
        });
        var request = Request();
        using var credential = await engine.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);

        await engine.RevokeAsync(lease, Token);

        Assert.That(engine.Revocability, Is.EqualTo(Revocability.ExpireOnly));
        Assert.That(credential.Handle, Does.Match("^[0-9]+$"));
        Assert.That((await engine.VerifyAsync(lease, Token)).Evidence, Does.StartWith("expire-only"));
    }

    [Test]
    public async Task Check_tells_a_client_that_the_server_does_not_know()
    {
        await _engine.CheckAsync(Token);

        _server.Introspect = Answer("""{"error":"invalid_client"}""", 401);

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await _engine.CheckAsync(Token));
        Assert.That(failed!.Message, Does.Contain("invalid_client"));
        Assert.That(_server.Requests.Select(request => request.Path), Has.None.EqualTo("/token"));
    }

    [Test]
    public async Task Without_the_key_that_seals_no_token_is_asked_for()
    {
        await using var engine = Engine(settings => settings["encryption_key"] = new JsonObject { ["file"] = _files.Path("missing.key") });

        await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(Request(), Token));

        Assert.That(_server.Requests, Is.Empty);
    }

    private static Func<HttpContext, Task> Answer(string answer, int status = 200) => http =>
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(answer);
    };

    private static JsonElement Json(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;

    /// <summary>Fails, tells nothing of the server's words, and says that it is gone only when any token has ended.</summary>
    private async Task AssertUnknownAsync(IssueRequest request)
    {
        var lease = ContractLease(request, handle: "");

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));
        await _engine.RevokeAsync(lease, Token);

        Assert.That($"{failed}", Does.Not.Contain(Leak));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    private async Task<AccessTokenCredential> IssueAsync(IssueRequest request) =>
        (AccessTokenCredential)await _engine.IssueAsync(request, Token);

    private IssueRequest Request(object? grant = null) => TestLeases.Request(
        TestLeases.Grant("oauth", grant ?? new
        {
            resource = new[] { "https://a.example/", "https://b.example/" },
            audience = new[] { "api" },
            scope = new[] { "read", "list" },
        }),
        new CredentialInput.OAuth(),
        _time.GetUtcNow().AddMinutes(5));

    private static Lease ContractLease(IssueRequest request, string handle) =>
        TestLeases.LeaseOf(request) with { CreateTime = request.ExpireTime.AddMinutes(-5), Handle = handle };

    private OAuthEngine Engine(Action<JsonObject>? change = null, TimeProvider? time = null, TimeSpan? timeout = null)
    {
        var settings = JsonSerializer.SerializeToNode(new
        {
            token_endpoint = $"{_server.Url}/token",
            revocation_endpoint = $"{_server.Url}/revoke",
            introspection_endpoint = $"{_server.Url}/introspect",
            issuer = "https://as.example",
            client_id = "the broker",
            client_secret = new { file = _files.Path("client.secret") },
            key_file = _files.Path("oauth.key"),
            base_url = "https://broker.example",
            encryption_key = new { file = _files.Path("encryption.key") },
        })!.AsObject();
        change?.Invoke(settings);
        var target = TestLeases.Target("oauth", settings) with { Timeout = timeout ?? TimeSpan.FromMinutes(1) };
        return (OAuthEngine)new OAuthEngineType(time ?? _time, NullLogger<OAuthEngine>.Instance).Create(target);
    }
}
