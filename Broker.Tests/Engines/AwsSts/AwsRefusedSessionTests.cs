using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>Leases whose session AWS did not make, or may have made without anybody hearing of it.</summary>
internal sealed class AwsRefusedSessionTests() : AwsFixture("deny")
{
    [TestCase("AccessDenied")]
    [TestCase("ValidationError")]
    [TestCase("Throttling")]
    public async Task Session_that_AWS_refused_to_make_takes_no_room_among_the_policies(string code)
    {
        var lease = await FailToIssueAsync(_ => (400, code));

        await Engine.RevokeAsync(lease, Token);

        Assert.That(await Engine.VerifyAsync(lease, Token), Is.EqualTo(
            new Verification(Gone: true, $"session sb_{lease.Id.Value}: AWS has refused to make it")));
        Assert.That(Aws.Server.Requests, Is.Empty, "nothing else was asked");
    }

    [Test]
    public async Task Session_that_could_not_be_asked_for_takes_no_room_among_the_policies()
    {
        await Aws.Server.DisposeAsync();
        var request = Aws.Request();
        await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));

        await Engine.RevokeAsync(TestAws.LeaseOf(request, credential: null), Token);

        Assert.That((await Engine.VerifyAsync(TestAws.LeaseOf(request, credential: null), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Session_that_may_have_been_made_is_denied_though_the_last_request_was_refused()
    {
        var lease = await FailToIssueAsync(attempt => attempt == 1 ? (500, "InternalFailure") : (400, "Throttling"));

        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await Engine.RevokeAsync(lease, Token);

        Assert.That(Aws.Server.Policies, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refusal_by_something_before_AWS_says_nothing_of_the_session()
    {
        Aws.Server.Instead = async (context, action) =>
        {
            if (action != "AssumeRole")
            {
                return false;
            }

            context.Response.StatusCode = 403;
            await context.Response.Body.WriteAsync("no"u8.ToArray(), context.RequestAborted);
            return true;
        };
        var lease = await FailureAsync();

        await Engine.RevokeAsync(lease, Token);

        Assert.That(Aws.Server.Policies, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Denial_of_a_session_that_may_have_been_made_stays_no_longer_than_that_was_asked_for()
    {
        var lease = await FailToIssueAsync(_ => (500, "InternalFailure"));

        // What a delegation leaves of a lease says nothing of what was asked for.
        await Engine.RevokeAsync(lease with { ExpireTime = lease.ExpireTime.AddMinutes(-4) }, Token);

        Assert.That(Aws.Server.Policies, Is.EqualTo((string[])[$"sb_{lease.Id.Value}_{lease.ExpireTime.ToUnixTimeSeconds()}"]));
    }

    private Task<Lease> FailToIssueAsync(Func<int, (int Status, string Code)> answer)
    {
        var attempts = 0;
        Aws.Server.Instead = async (context, action) =>
        {
            if (action != "AssumeRole")
            {
                return false;
            }

            var (status, code) = answer(Interlocked.Increment(ref attempts));
            return await AwsServer.RefuseAsync(context, status, code);
        };
        return FailureAsync();
    }

    private async Task<Lease> FailureAsync()
    {
        var request = Aws.Request();
        await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        return TestAws.LeaseOf(request, credential: null);
    }
}
