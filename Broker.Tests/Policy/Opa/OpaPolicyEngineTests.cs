using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Catalog;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>The engine against a server that does as published, and that does not.</summary>
internal sealed class OpaPolicyEngineTests
{
    private const string ServersWords = "the server's own words";

    private OpaServer _server = null!;

    [SetUp]
    public async Task Start() => _server = await OpaServer.StartAsync();

    [TearDown]
    public async Task Stop() => await _server.DisposeAsync();

    [Test]
    public async Task Rule_decides_by_what_was_asked()
    {
        _server.Rule = input => new JsonObject
        {
            ["allow"] = input.GetProperty("principal").GetProperty("groups").EnumerateArray().Any(group => group.ValueEquals("payments"))
                && input.GetProperty("action").ValueEquals("read"),
            ["reasons"] = new JsonArray("payments-read"),
            ["obligations"] = new JsonObject { ["max_ttl"] = "90s" },
        };
        _server.Bundles["authz"] = "5f2c1e0";
        using var rig = new OpaRig(_server.Address);
        var question = Questions.Full();

        var allowed = await rig.AskAsync(question);
        var denied = await rig.AskAsync(question with { Workload = question.Workload with { Groups = ["agents"] } });

        Assert.Multiple(() =>
        {
            Assert.That((allowed.Allowed, denied.Allowed), Is.EqualTo((true, false)));
            Assert.That(allowed.Policies, Is.EqualTo(new[] { "opa:payments-read" }));
            Assert.That(allowed.Obligations.MaxTimeToLive, Is.EqualTo(TimeSpan.FromSeconds(90)));
            Assert.That((allowed.PolicyHash, denied.PolicyHash), Is.EqualTo(("opa:authz=5f2c1e0", "opa:authz=5f2c1e0")));
            Assert.That(allowed.ServerDecisionId, Is.EqualTo("4ca636c1-55e4-417a-b1d8-4aceb67960d1"));
            Assert.That(denied.Reason, Is.EqualTo("the policy server does not permit this"));
            Assert.That(rig.Failures, Is.Zero);
        });
    }

    [Test]
    public async Task Question_is_put_as_the_Data_API_has_it()
    {
        _server.Path = "company/agents/decision";
        using var rig = new OpaRig(_server.Address, options => options.Path = "company/agents/decision");

        Assert.That((await rig.AskAsync()).Allowed, Is.True);

        var request = _server.Requests.Single();
        Assert.That(
            (request.Method, request.Path, request.Query, request.Authorization),
            Is.EqualTo(("POST", "/v1/data/company/agents/decision", "?provenance=true&strict-builtin-errors=true", "")));
        Assert.That(JsonDocument.Parse(request.Body).RootElement.GetProperty("input").GetProperty("action").GetString(), Is.EqualTo("read"));
    }

    [Test]
    public async Task Rule_that_is_undefined_denies()
    {
        using var rig = new OpaRig(_server.Address);
        _server.Rule = _ => null;
        Assert.That((await rig.AskAsync()).Allowed, Is.False);

        using var misspelt = new OpaRig(_server.Address, options => options.Path = "secretsbroker/decisoin");
        _server.Rule = _ => JsonValue.Create(true);
        Assert.That((await misspelt.AskAsync()).Reason, Is.EqualTo("the policy server has no rule for this"));
    }

    [Test]
    public async Task Connection_is_used_again()
    {
        using var rig = new OpaRig(_server.Address);

        for (var i = 0; i < 5; i++)
        {
            await rig.AskAsync();
        }

        Assert.That(_server.Requests.Select(request => request.Connection).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Token_is_read_again_when_it_changes()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "first\n");
        _server.Token = "first";
        using var rig = new OpaRig(_server.Address, options => options.Token = new SecretReference { File = file });
        Assert.That((await rig.AskAsync()).Allowed, Is.True);

        _server.Token = "second";
        Assert.That(await rig.FailAsync(), Is.EqualTo("the policy server answered with status 401"));

        await File.WriteAllTextAsync(file, "second\n");
        Assert.That((await rig.AskAsync()).Allowed, Is.True);
    }

    [TestCase("")]
    [TestCase("two words")]
    [TestCase("line\nbreak: x")]
    public async Task Token_that_is_none_is_not_sent_and_not_told(string token)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, token);
        using var rig = new OpaRig(_server.Address, options => options.Token = new SecretReference { File = file });

        var told = await rig.FailAsync();

        Assert.That(told, Does.StartWith("the token for the policy server").And.Contains(file));
        Assert.That(token.Length == 0 || !told.Contains(token, StringComparison.Ordinal), Is.True);
        Assert.That(_server.Requests, Is.Empty);
    }

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(404)]
    [TestCase(500)]
    [TestCase(503)]
    [TestCase(201)]
    [TestCase(204)]
    [TestCase(304)]
    public async Task Any_status_but_200_is_no_answer(int status)
    {
        _server.Instead = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            return status is 204 or 304 ? Task.CompletedTask : context.Response.WriteAsync("""{"result": true}""");
        };
        using var rig = new OpaRig(_server.Address);

        Assert.That(await rig.FailAsync(), Is.EqualTo($"the policy server answered with status {status}"));
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(307)]
    [TestCase(308)]
    public async Task Redirect_is_not_followed(int status)
    {
        await using var elsewhere = new CountingListener();
        _server.Instead = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Address;
            return Task.CompletedTask;
        };
        using var rig = new OpaRig(_server.Address);

        Assert.That(await rig.FailAsync(), Is.EqualTo($"the policy server answered with status {status}"));
        Assert.That(elsewhere.Connections, Is.Zero);
    }

    [TestCase("""{"result": {"allow": "the server's own words"}}""")]
    [TestCase("""{"result": {"allow": true, "the server's own words": 1}}""")]
    [TestCase("""{"result": {"allow": true, "obligations": {"the server's own words": true}}}""")]
    [TestCase("the server's own words")]
    [TestCase("")]
    public async Task What_a_wrong_answer_says_is_not_repeated(string body)
    {
        _server.AnswerWith(body);
        using var rig = new OpaRig(_server.Address);

        Assert.That(await rig.FailAsync(), Does.StartWith("the policy server").And.Not.Contains(ServersWords));
    }

    [Test]
    public async Task Page_is_no_answer()
    {
        _server.AnswerWith("""{"result": true}""", contentType: "text/html");
        using var rig = new OpaRig(_server.Address);

        Assert.That(await rig.FailAsync(), Is.EqualTo("the policy server's answer is not declared as JSON"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Longer_answer_than_allowed_is_none(bool declared)
    {
        const int Limit = 1024;
        _server.Instead = async context =>
        {
            var body = $$"""{"result": true, "more": "{{new string('x', 4 * Limit)}}"}""";
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = declared ? body.Length : null;
            await context.Response.WriteAsync(body);
        };
        using var rig = new OpaRig(_server.Address, options => options.MaxAnswerBytes = Limit);

        Assert.That(await rig.FailAsync(), Is.EqualTo("the policy server's answer is longer than allowed"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Slow_server_is_waited_for_no_longer_than_its_time(bool afterTheFirstBytes)
    {
        var asked = new TaskCompletionSource();
        _server.Instead = async context =>
        {
            if (afterTheFirstBytes)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("{\"result\":");
                await context.Response.Body.FlushAsync();
            }

            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var time = new ManualTime();
        using var rig = new OpaRig(_server.Address, options => options.Timeout = TimeSpan.FromSeconds(20), time);

        var failing = rig.FailAsync();
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.That(failing.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(await failing, Is.EqualTo("the policy server did not answer within 20s"));
    }

    [Test]
    public async Task Caller_who_gives_up_is_no_failure_of_the_server()
    {
        var asked = new TaskCompletionSource();
        _server.Instead = context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using var rig = new OpaRig(_server.Address);
        using var caller = new CancellationTokenSource();

        var asking = rig.Engine.DecideAsync(Questions.Full(), caller.Token).AsTask();
        await asked.Task;
        await caller.CancelAsync();

        Assert.That(async () => await asking, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(rig.Failures, Is.Zero);
    }

    [Test]
    public async Task Server_that_is_down_is_told_and_the_next_question_reaches_it_again()
    {
        using var folder = new TemporaryFolder();
        var socket = Path.Combine(folder.Path, "opa.sock");
        using var rig = new OpaRig($"unix://{socket}");
        Assert.That(await rig.FailAsync(), Is.EqualTo("the policy server gave no whole answer (ConnectionError)"));

        await using var server = await OpaServer.StartOnSocketAsync(socket);

        Assert.That((await rig.AskAsync()).Allowed, Is.True);
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Proxy_that_the_environment_names_is_not_used()
    {
        await using var proxy = new CountingListener();
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Address);
        try
        {
            using var rig = new OpaRig(_server.Address);
            Assert.That((await rig.AskAsync()).Allowed, Is.True);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.That(proxy.Connections, Is.Zero);
    }
}
