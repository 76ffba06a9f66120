using System.Text;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>Answers that are not what they should be, or do not come, and the broker's own key.</summary>
internal sealed class AwsAnswerTests() : AwsFixture("none")
{
    [TestCase(403, "AccessDenied", "the broker's account may not do it, or the role's trust policy does not let it, or not with a source identity", false)]
    [TestCase(400, "MalformedPolicyDocument", "the session policy is refused: look at the grant's statements", false)]
    [TestCase(400, "PackedPolicyTooLarge", "the session policy is too large: shorten the grant's statements", false)]
    [TestCase(403, "ExpiredToken", "the broker's session is over", false)]
    [TestCase(403, "SomethingNew", "it was answered with status 403", false)]
    [TestCase(400, "Throttling", "there were too many requests", true)]
    [TestCase(500, "InternalFailure", "it was answered with status 500", true)]
    [TestCase(503, "ServiceUnavailable", "it was answered with status 503", true)]
    public async Task Error_is_told_in_the_brokers_words(int status, string code, string text, bool isTransient)
    {
        Aws.Server.Instead = (context, _) => AnswerAsync(context, status, AwsServer.ErrorOf(code));

        var failure = await FailureOfIssueAsync(Engine);

        Assert.That((failure.Message, failure.IsTransient), Is.EqualTo(($"target aws-sts-target: issuing failed: {text}", isTransient)));
    }

    [TestCase("<html>no AWS</html>")]
    [TestCase("{}")]
    [TestCase("")]
    [TestCase("<AssumeRoleResponse><AssumeRoleResult><SourceIdentity>sb_other</SourceIdentity></AssumeRoleResult></AssumeRoleResponse>")]
    public async Task Answer_that_is_no_session_is_not_handed_out(string body)
    {
        Aws.Server.Instead = (context, _) => AnswerAsync(context, 200, body);

        await FailureOfIssueAsync(Engine);
    }

    [Test]
    public async Task Session_of_another_lease_is_not_handed_out()
    {
        Aws.Server.Instead = (context, _) => AnswerAsync(context, 200, SessionUntil("2099-01-01T00:00:00Z", "sb_other"));

        Assert.That(
            (await FailureOfIssueAsync(Engine)).Message,
            Is.EqualTo("target aws-sts-target: issuing failed: the answer is not that of AWS"));
    }

    [Test]
    public async Task Session_that_ends_before_the_lease_is_not_handed_out()
    {
        var request = Aws.Request();
        Aws.Server.Instead = (context, _) => AnswerAsync(context, 200, SessionUntil("2020-01-01T00:00:00Z", $"sb_{request.LeaseId.Value}"));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));

        Assert.That(failure!.Message, Is.EqualTo("target aws-sts-target: the session would end before the lease"));
    }

    [Test]
    public async Task Answer_without_end_is_not_read_to_its_end()
    {
        Aws.Server.Instead = async (context, _) =>
        {
            var piece = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
            while (true)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        };

        await FailureOfIssueAsync(Engine);
    }

    [Test]
    public async Task Server_that_does_not_answer_is_left_after_the_targets_time()
    {
        // Until the broker has gone away.
        Aws.Server.Instead = async (context, _) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        await using var engine = Aws.EngineOf(Aws.Target(timeout: TimeSpan.FromMilliseconds(200)));

        var failure = await FailureOfIssueAsync(engine);

        Assert.That((failure.Message, failure.IsTransient), Is.EqualTo(("target aws-sts-target: issuing took too long", true)));
    }

    [Test]
    public async Task Server_that_fails_for_a_moment_is_asked_again()
    {
        var failed = false;
        Aws.Server.Instead = async (context, _) =>
        {
            if (failed)
            {
                return false;
            }

            failed = true;
            return await AnswerAsync(context, 503, AwsServer.ErrorOf("ServiceUnavailable"));
        };

        using var credential = await Engine.IssueAsync(Aws.Request(), Token);

        Assert.That(Aws.Allows(credential), Is.True);
    }

    [Test]
    public async Task Server_that_is_not_there_is_told()
    {
        await Aws.Server.DisposeAsync();

        var failure = await FailureOfIssueAsync(Engine);

        Assert.That(failure.Message, Does.StartWith("target aws-sts-target: issuing failed: no connection, or no whole answer"));
        Assert.That(failure.IsTransient, Is.True);
    }

    [Test]
    public async Task Redirection_is_not_followed()
    {
        await using var elsewhere = await AwsServer.StartAsync();
        Aws.Server.Instead = (context, _) =>
        {
            context.Response.Headers.Location = elsewhere.Url;
            return AnswerAsync(context, 307, "");
        };

        await FailureOfIssueAsync(Engine);

        Assert.That(elsewhere.Requests, Is.Empty);
    }

    [Test]
    public async Task Key_that_does_not_match_is_told_and_a_new_one_is_read_at_the_next_use()
    {
        await File.WriteAllTextAsync(Aws.KeyFile, "not the key");
        Assert.That(
            (await FailureOfIssueAsync(Engine)).Message,
            Is.EqualTo("target aws-sts-target: issuing failed: the broker's key does not match, or its clock is wrong"));
        File.Delete(Aws.KeyFile);
        Assert.That(
            (await FailureOfIssueAsync(Engine)).Message,
            Is.EqualTo($"target aws-sts-target: what the broker signs with (file {Aws.KeyFile}) cannot be read"));

        await File.WriteAllTextAsync(Aws.KeyFile, AwsServer.SecretKey + "\n");

        using var credential = await Engine.IssueAsync(Aws.Request(), Token);
        Assert.That(Aws.Allows(credential), Is.True);
    }

    [TestCase("GetRole")]
    [TestCase("ListRolePolicies")]
    public async Task Check_asks_who_the_broker_is_and_for_the_rights_that_denials_need(string right)
    {
        await Engine.CheckAsync(Token);
        Assert.That(Aws.Server.Requests.Select(request => request["Action"]), Is.EqualTo((string[])["GetCallerIdentity"]));
        await using var denying = Aws.EngineOf(Aws.Target("deny"));
        Aws.Server.Instead = async (context, action) =>
            action == right && await AnswerAsync(context, 403, AwsServer.ErrorOf("AccessDenied"));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await denying.CheckAsync(Token));

        Assert.That(failure!.Message, Does.StartWith("target aws-sts-target: checking failed: the broker's account may not do it"));
    }

    private static string SessionUntil(string expiration, string sourceIdentity) =>
        $"<AssumeRoleResponse><AssumeRoleResult><SourceIdentity>{sourceIdentity}</SourceIdentity><Credentials><AccessKeyId>ASIA</AccessKeyId>"
        + $"<SecretAccessKey>k</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
        + "</AssumeRoleResult></AssumeRoleResponse>";

    private static async Task<bool> AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/xml";
        await context.Response.WriteAsync(body);
        return true;
    }

    private async Task<EngineException> FailureOfIssueAsync(ICredentialEngine engine)
    {
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(Aws.Request(), Token));
        Assert.That(failure!.ToString(), Does.Not.Contain(AwsServer.OwnWords).And.Not.Contain(AwsServer.SecretKey));
        return failure;
    }
}
