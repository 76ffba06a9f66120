using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>Answers that are not what they should be, or do not come.</summary>
internal sealed class VaultAnswerTests
{
    private const string OwnWords = "the server's own words: hvs.secret";

    private static readonly TestCaseData[] _broken =
    [
        new TestCaseData(200, "<html>not JSON</html>", "issuing failed: the answer is not that of Vault's API", false).SetArgDisplayNames("no JSON"),
        new TestCaseData(200, "[]", "issuing failed: the answer is not that of Vault's API", false).SetArgDisplayNames("another shape"),
        new TestCaseData(200, "{}", "issuing failed: the answer is not that of Vault's API", false).SetArgDisplayNames("nothing in it"),
        new TestCaseData(200, Lease(id: "database/creds/admin/1"), "issuing failed: the answer is not that of Vault's API", false)
            .SetArgDisplayNames("the lease of another path"),
        new TestCaseData(200, Lease(id: $"{VaultServer.InvoicesPath}/1 2"), "issuing failed: the answer is not that of Vault's API", false)
            .SetArgDisplayNames("a lease that is no name"),
        new TestCaseData(200, Lease(duration: "-1"), "issuing failed: the answer is not that of Vault's API", false).SetArgDisplayNames("a time below nothing"),
        new TestCaseData(200, Lease(duration: "1e300"), "issuing failed: the answer is not that of Vault's API", false).SetArgDisplayNames("a time beyond all"),
        new TestCaseData(200, Lease(data: "{}"), "the answer has not the fields that the grant names", false).SetArgDisplayNames("no fields"),
        new TestCaseData(200, Lease(data: """{"a":"1","a":"2"}"""), "issuing failed: the answer is not that of Vault's API", false)
            .SetArgDisplayNames("a field twice"),
        new TestCaseData(200, Lease(data: $$"""{"a":"{{new string('x', 300_000)}}"}"""), "the answer has more than 100 fields, or 262144 bytes: name under fields those that are wanted", false)
            .SetArgDisplayNames("a field too large"),
        new TestCaseData(307, "", "issuing was sent elsewhere: a standby answers that does not forward requests", true).SetArgDisplayNames("a standby"),
        new TestCaseData(412, Errors, "issuing was answered with status 412", true).SetArgDisplayNames("a replica that is behind"),
        new TestCaseData(429, Errors, "issuing was answered with status 429", true).SetArgDisplayNames("too many requests"),
        new TestCaseData(500, Errors, "issuing was answered with status 500", true).SetArgDisplayNames("an error within"),
        new TestCaseData(503, Errors, "issuing was answered with status 503: it is sealed, or has no active node", true).SetArgDisplayNames("sealed"),
    ];

    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(3));
    private TestVault _vault = null!;

    private static string Errors => new JsonObject { ["errors"] = new JsonArray(OwnWords) }.ToJsonString();

    private CancellationToken Token => _end.Token;

    [SetUp]
    public async Task StartAsync() => _vault = await TestVault.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _vault.DisposeAsync();

    [OneTimeTearDown]
    public void Dispose() => _end.Dispose();

    [TestCaseSource(nameof(_broken))]
    public async Task Answer_that_is_not_the_secret_is_told_in_the_brokers_words(int status, string body, string message, bool isTransient)
    {
        AnswerAt(VaultServer.InvoicesPath, status, body);

        var failure = await FailureOfIssueAsync(_vault.Engine);

        Assert.That((failure.Message, failure.IsTransient), Is.EqualTo(($"target vault-target: {message}", isTransient)));
    }

    [Test]
    public async Task Redirection_is_not_followed_with_the_token()
    {
        await using var elsewhere = await VaultServer.StartAsync();
        _vault.Server.Instead = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = elsewhere.Url + context.Request.Path;
            return Task.FromResult(true);
        };

        var failure = await FailureOfIssueAsync(_vault.Engine);

        Assert.That(failure.IsTransient, Is.True);
        Assert.That(elsewhere.Requests, Is.Empty);
    }

    [Test]
    public async Task Answer_without_end_is_not_read_to_its_end()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _vault.Server.Instead = async context =>
        {
            if (context.Request.Path.Value != $"/v1/{VaultServer.InvoicesPath}")
            {
                return false;
            }

            var piece = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
            try
            {
                while (true)
                {
                    await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                stopped.SetResult();
                throw;
            }
        };

        var failure = await FailureOfIssueAsync(_vault.Engine);

        Assert.That(failure.Message, Is.EqualTo("target vault-target: issuing failed: the answer is too long"));
        await stopped.Task.WaitAsync(Token);
    }

    [Test]
    public async Task Server_that_does_not_answer_is_left_after_the_targets_time()
    {
        // Until the broker has gone away.
        _vault.Server.Instead = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        await using var engine = _vault.EngineOf(_vault.Target(timeout: TimeSpan.FromMilliseconds(200)));

        var failure = await FailureOfIssueAsync(engine);

        Assert.That((failure.Message, failure.IsTransient), Is.EqualTo(("target vault-target: issuing took too long", true)));
    }

    [Test]
    public async Task Server_that_is_not_there_is_told()
    {
        await _vault.Server.DisposeAsync();

        var failure = await FailureOfIssueAsync(_vault.Engine);

        Assert.That(failure.Message, Does.StartWith("target vault-target: issuing failed: no connection, or no whole answer ("));
        Assert.That(failure.IsTransient, Is.True);
    }

    [TestCase("<html>404</html>")]
    [TestCase("""{"errors":[]}""")]
    [TestCase("""{"errors":["no handler for route"]}""")]
    public async Task Address_that_knows_nothing_proves_nothing_gone(string body)
    {
        var request = _vault.Request();
        using var credential = await _vault.Engine.IssueAsync(request, Token);
        _vault.Server.Instead = context => AnswerAsync(context, 404, body);

        var failure = await Assert.ThrowsAsync<EngineException>(
            async () => await _vault.Engine.VerifyAsync(TestVault.LeaseOf(request, credential), Token));

        Assert.That(failure!.Message, Is.EqualTo("target vault-target: verifying was answered with status 404"));
    }

    [Test]
    public async Task Refusal_that_is_not_of_an_unknown_lease_proves_nothing_gone()
    {
        var request = _vault.Request();
        using var credential = await _vault.Engine.IssueAsync(request, Token);
        AnswerAt("sys/leases/lookup", 400, Errors);

        var failure = await Assert.ThrowsAsync<EngineException>(
            async () => await _vault.Engine.VerifyAsync(TestVault.LeaseOf(request, credential), Token));

        Assert.That(failure!.Message, Is.EqualTo("target vault-target: verifying was answered with status 400"));
    }

    [Test]
    public async Task Path_that_the_grants_policies_do_not_allow_is_told()
    {
        _vault.Server.Policies.Remove("invoices-read");

        Assert.That((await FailureOfIssueAsync(_vault.Engine)).Message, Is.EqualTo("target vault-target: the grant's policies do not allow its path"));
    }

    [Test]
    public async Task Policy_that_the_brokers_own_token_has_not_is_told()
    {
        _vault.Server.BrokersPolicies = ["secrets-broker"];

        Assert.That(
            (await FailureOfIssueAsync(_vault.Engine)).Message,
            Is.EqualTo("target vault-target: no token with the grant's policies: the broker's own must hold them"));
    }

    [Test]
    public async Task Lease_that_is_revoked_while_it_is_made_makes_nothing()
    {
        var request = _vault.Request();
        await using var other = _vault.EngineOf(_vault.Target());
        var revoked = false;
        _vault.Server.Instead = async context =>
        {
            if (!revoked && context.Request.Path.Value == $"/v1/{VaultServer.InvoicesPath}")
            {
                revoked = true;
                await other.RevokeAsync(TestVault.LeaseOf(request, credential: null), Token);
            }

            return false;
        };

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _vault.Engine.IssueAsync(request, Token));

        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(("target vault-target: the lease was revoked meanwhile", true)));
        Assert.That(_vault.Server.With(state => state.Leases.Count + state.Roles.Count), Is.Zero);
    }

    [Test]
    public async Task Request_that_was_sent_is_waited_for_when_the_callers_time_is_over()
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _vault.Server.Instead = async context =>
        {
            if (context.Request.Path.Value == $"/v1/{VaultServer.InvoicesPath}")
            {
                sent.SetResult();
                await release.Task;
            }

            return false;
        };
        var request = _vault.Request();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var issue = _vault.Engine.IssueAsync(request, cancel.Token).AsTask();
        await sent.Task.WaitAsync(Token);

        await cancel.CancelAsync();
        Assert.That(issue.IsCompleted, Is.False);
        release.SetResult();

        await Assert.CatchAsync<OperationCanceledException>(() => issue);
        await _vault.Engine.RevokeAsync(TestVault.LeaseOf(request, credential: null), Token);
        Assert.That(_vault.Server.With(state => state.Users.Count), Is.Zero);
    }

    private static string Lease(string id = $"{VaultServer.InvoicesPath}/1", string duration = "3600", string data = """{"username":"u"}""") =>
        $$"""{"lease_id":"{{id}}","lease_duration":{{duration}},"renewable":true,"data":{{data}},"note":"{{OwnWords}}"}""";

    private static async Task<bool> AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
        return true;
    }

    private void AnswerAt(string path, int status, string body) => _vault.Server.Instead = context =>
        context.Request.Path.Value == $"/v1/{path}" ? AnswerAsync(context, status, body) : Task.FromResult(false);

    private async Task<EngineException> FailureOfIssueAsync(ICredentialEngine engine)
    {
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(_vault.Request(), Token));
        Assert.That(failure!.ToString(), Does.Not.Contain(OwnWords));
        return failure;
    }
}
