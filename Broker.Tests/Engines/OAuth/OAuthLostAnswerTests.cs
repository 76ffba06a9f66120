using System.Text;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>Servers that lie, are slow, fail or are not there: whether there may be a token.</summary>
[TestFixture]
internal sealed class OAuthLostAnswerTests : OAuthFixture
{
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
        Server.Token = Answer(answer, status);
        await AssertUnknownAsync(Request());
    }

    [Test]
    public async Task Answer_that_does_not_end_is_not_read_to_its_end()
    {
        Server.Token = async http =>
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
        Server.Token = http => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        await using var hasty = NewEngine(time: TimeProvider.System, timeout: TimeSpan.FromMilliseconds(300));

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await hasty.IssueAsync(Request(), Token));

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That(failed.Message, Does.Contain("too long"));
    }

    [Test]
    public async Task Answer_whose_texts_are_not_utf8_is_one_that_is_none([Values("access_token", "token_type", "other")] string name)
    {
        byte[] answer = [.. Encoding.UTF8.GetBytes($$"""{"first":"t-1","{{name}}":"words"""), 0xff, .. "\",\"expires_in\":300}"u8];
        Server.Token = http => http.Response.Body.WriteAsync(answer).AsTask();

        await AssertUnknownAsync(Request());
    }

    [TestCase(400, "invalid_scope")]
    [TestCase(401, "invalid_client")]
    [TestCase(403, "access_denied")]
    public async Task What_the_server_itself_refused_left_no_token(int status, string code)
    {
        Server.Token = Answer($$"""{"error":"{{code}}","error_description":"{{Leak}}"}""", status);
        var request = Request();

        var refused = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));

        Assert.That(refused!.Message, Does.Contain($"{status}").And.Contain(code).And.Not.Contain(Leak));
        Assert.That((await Engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Server_that_is_not_there_made_no_token()
    {
        var gone = await ScriptedServer.StartAsync();
        await using var engine = NewEngine(settings => settings["token_endpoint"] = $"{gone.Url}/token");
        await gone.DisposeAsync();
        var request = Request();

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(request, Token));

        Assert.That(failed!.IsTransient, Is.True);
        Assert.That((await engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Lease_that_only_the_audit_log_remembers_is_not_gone_before_any_token_has_ended()
    {
        var lease = TestLeases.LeaseOf(Request());
        Assert.That(lease.CreateTime, Is.EqualTo(default(DateTimeOffset)));

        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        Time.Advance(TimeSpan.FromMinutes(5 + 10 + 1));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }
}
