using System.Net;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Tests.Engines.OAuth;

namespace SecretsBroker.Tests.Samples;

/// <summary>What the sample resource server makes of the answers that it gets, right or wrong.</summary>
internal sealed class NodeResourceServerAnswersTests
{
    private const string Canary = "canary-of-the-answer";

    /// <summary>In bytes; as <c>introspection.mjs</c> has it.</summary>
    private const int LongestAnswer = 64 * 1024;

    /// <summary>An answer about a token that is good for reading the invoices.</summary>
    private const string Good =
        $$"""
        {"active":true,"iss":"https://broker.example/invoices-api","sub":"spiffe://dev.local/agent/a","aud":"invoices-api","jti":"{{Canary}}","authorization_details":[
        {"type":"secretsbroker_intent","actions":["read"],"locations":["invoices-api"],"identifier":"invoices-api/invoices"}]}
        """;

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

        Assert.That(await server.Connect().StatusAsync("a.b.c"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        await Wait.UntilAsync(() => server.Log.Contains("TimeoutError", StringComparison.Ordinal));
    }

    [Test]
    public async Task Nobody_is_served_on_an_answer_that_is_none_and_it_is_not_logged()
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        var caller = server.Connect();
        foreach (var (status, body) in (IEnumerable<(int, string)>)
            [
                (200, ""), (200, "yes"), (200, "[]"), (200, "{}"), (200, "null"), (200, """{"active":"true"}"""), (200, """{"active":1}"""), (201, Good), (302, Good),
                (400, """{"error":"invalid_request"}"""), (401, """{"error":"invalid_client"}"""), (404, ""), (429, ""), (500, Good), (503, ""),
                (200, Canary), (200, $"\"{Canary}\""), (200, $$"""{"active":"{{Canary}}"}"""), (200, $$"""{"active":true,"exp":"{{Canary}}"}"""),
                (400, $$"""{"error":"{{Canary}}","error_description":"{{Canary}}"}"""), (403, Canary), (503, Canary),
            ])
        {
            broker.Introspect = http => AnswerAsync(http, status, body);

            Assert.That(await caller.StatusAsync("a.b.c"), Is.EqualTo(HttpStatusCode.ServiceUnavailable), $"{status} {body}");
        }

        broker.Introspect = http => AnswerAsync(http, 200, Good);
        Assert.That(await caller.StatusAsync("a.b.c"), Is.EqualTo(HttpStatusCode.OK), server.Log);
        Assert.That(await server.StopAsync(), Does.Contain("could not be asked").And.Not.Contains(Canary));
    }

    [TestCase("application/json", HttpStatusCode.OK)]
    [TestCase("Application/JSON; charset=utf-8", HttpStatusCode.OK)]
    [TestCase(null, HttpStatusCode.ServiceUnavailable)]
    [TestCase("text/html", HttpStatusCode.ServiceUnavailable)]
    [TestCase("application/jsonp", HttpStatusCode.ServiceUnavailable)]
    [TestCase("application/token-introspection+jwt", HttpStatusCode.ServiceUnavailable)]
    public async Task Answer_is_believed_as_json_and_as_nothing_else(string? mediaType, HttpStatusCode expected)
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        broker.Introspect = http => AnswerAsync(http, 200, Good, mediaType);

        Assert.That(await server.Connect().StatusAsync("a.b.c"), Is.EqualTo(expected), server.Log);
    }

    [Test]
    public async Task Answer_is_read_up_to_a_limit()
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        var caller = server.Connect();

        broker.Introspect = http => AnswerAsync(http, 200, Good.PadRight(LongestAnswer));
        Assert.That(await caller.StatusAsync("a.b.c"), Is.EqualTo(HttpStatusCode.OK), server.Log);

        broker.Introspect = http => AnswerAsync(http, 200, Good.PadRight(LongestAnswer + 1));
        Assert.That(await caller.StatusAsync("a.b.c"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Answer_without_end_is_broken_off()
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        var isBrokenOff = false;
        broker.Introspect = async http =>
        {
            await AnswerAsync(http, 200, Good.PadRight(LongestAnswer + 1));
            await http.Response.Body.FlushAsync();
            using var _ = http.RequestAborted.Register(() => Volatile.Write(ref isBrokenOff, true));
            await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
        };

        Assert.That(await server.Connect().StatusAsync("a.b.c"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        await Wait.UntilAsync(() => Volatile.Read(ref isBrokenOff));
        Assert.That(await server.StopAsync(), Does.Contain("the answer is too long"));
    }

    [TestCase("4102444800", HttpStatusCode.OK)]
    [TestCase("4102444800.5", HttpStatusCode.OK)]
    [TestCase("1", HttpStatusCode.Unauthorized)]
    [TestCase("-1", HttpStatusCode.Unauthorized)]
    [TestCase("1e999", HttpStatusCode.ServiceUnavailable)]
    [TestCase("null", HttpStatusCode.ServiceUnavailable)]
    [TestCase("\"4102444800\"", HttpStatusCode.ServiceUnavailable)]
    public async Task Token_that_the_broker_calls_good_is_refused_past_the_end_that_it_tells(string end, HttpStatusCode expected)
    {
        await using var broker = await ScriptedServer.StartAsync();
        await using var server = await NodeResourceServer.StartOrIgnoreAsync($"{broker.Url}/introspect");
        broker.Introspect = http => AnswerAsync(http, 200, Good.Replace("\"sub\"", $"\"exp\":{end},\"sub\"", StringComparison.Ordinal));

        Assert.That(await server.Connect().StatusAsync("a.b.c"), Is.EqualTo(expected), server.Log);
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

            Assert.That(await caller.StatusAsync("a.b.c"), Is.EqualTo(expected), $"{what} {other}");
        }
    }

    private static async Task AnswerAsync(HttpContext http, int status, string body, string? mediaType = "application/json")
    {
        (http.Response.StatusCode, http.Response.ContentType) = (status, mediaType);
        http.Response.Headers.Location = "/introspect";
        await http.Response.WriteAsync(body);
    }
}
