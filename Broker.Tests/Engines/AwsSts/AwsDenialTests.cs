using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>How sessions end early: by denials among the role's policies.</summary>
internal sealed class AwsDenialTests() : AwsFixture("deny")
{
    [Test]
    public async Task Denial_hits_the_sessions_of_one_lease_and_goes_when_they_are_over()
    {
        Aws.Server.PageSize = 1;
        Aws.Server.PutPolicy("somebody-elses", """{"Version":"2012-10-17","Statement":[]}""");
        var (one, other) = (Aws.Request(), Aws.Request(timeToLive: TimeSpan.FromHours(1)));
        using var revoked = (AwsCredential)await Engine.IssueAsync(one, Token);
        using var kept = (AwsCredential)await Engine.IssueAsync(other, Token);

        await Engine.RevokeAsync(TestAws.LeaseOf(one, revoked), Token);

        Assert.That(Engine.Revocability, Is.EqualTo(Revocability.Destroy));
        Assert.That((Aws.Allows(revoked), Aws.Allows(kept)), Is.EqualTo((false, true)));
        Assert.That(
            (await Engine.VerifyAsync(TestAws.LeaseOf(one, revoked), Token)).Evidence,
            Is.EqualTo($"session sb_{one.LeaseId.Value}: denied by the policies of role invoices-reader"));
        Time.Advance(TimeSpan.FromMinutes(11));
        await Engine.RevokeAsync(TestAws.LeaseOf(other, kept), Token);
        Assert.That(
            Aws.Server.Policies,
            Is.EquivalentTo((string[])["somebody-elses", $"sb_{other.LeaseId.Value}_{kept.EndTime.ToUnixTimeSeconds()}"]));
    }

    [TestCase("99999999999999999")]
    [TestCase("99999999999999999999")]
    [TestCase("-1")]
    [TestCase("soon")]
    public async Task Session_whose_end_is_damaged_in_the_store_is_denied_until_its_lease_would_have_ended(string handle)
    {
        var request = Aws.Request();
        using var credential = (AwsCredential)await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential) with { Handle = handle };
        await using var restarted = Aws.EngineOf(Aws.Target("deny"));

        await restarted.RevokeAsync(lease, Token);

        Assert.That(Aws.Allows(credential), Is.False);
        Assert.That((await restarted.VerifyAsync(lease, Token)).Evidence, Does.Contain("denied by the policies"));
        Time.Advance(TimeSpan.FromMinutes(11));
        Assert.That((await restarted.VerifyAsync(lease, Token)).Evidence, Does.Contain("has allowed nothing since"));
    }

    [Test]
    public async Task Lease_whose_time_is_over_needs_no_denial()
    {
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        Time.Advance(TimeSpan.FromMinutes(11));

        await Engine.RevokeAsync(TestAws.LeaseOf(request, credential), Token);

        Assert.That(Aws.Server.Policies, Is.Empty);
        Assert.That((await Engine.VerifyAsync(TestAws.LeaseOf(request, credential), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Role_whose_policies_are_full_is_told_until_the_session_is_over()
    {
        Aws.Server.PolicyQuota = 100;
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));

        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(
            ("target aws-sts-target: revoking failed: the role's policies are full: too many sessions are denied at once", true)));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        Time.Advance(TimeSpan.FromMinutes(11));
        await Engine.RevokeAsync(lease, Token);
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [TestCase("arn:aws:iam::111111111111:role/agents/invoices-reader")]
    [TestCase("arn:aws:iam::123456789012:role/people/invoices-reader")]
    public async Task Another_role_of_that_name_gets_no_denial_and_proves_nothing(string other)
    {
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);
        Aws.Server.NamedRoleArn = other;

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));

        Assert.That(failure!.Message, Does.Contain("is another one than role_arn"));
        Assert.That(Aws.Server.Policies, Is.Empty);
        Aws.Server.PutPolicy(SessionDenial.NameOf(lease.Id, request.ExpireTime), SessionDenial.DocumentOf(lease.Id));
        Assert.That(Aws.Allows(credential), Is.True);
        await Assert.ThrowsAsync<EngineException>(async () => await Engine.VerifyAsync(lease, Token));
        await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));
    }

    [Test]
    public async Task Old_denial_that_cannot_be_taken_away_does_not_hold_up_a_new_one()
    {
        PutOldDenials(1);
        Aws.Server.Instead = async (context, action) =>
            action == "DeleteRolePolicy" && await AwsServer.RefuseAsync(context, 403, "AccessDenied");
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);

        await Engine.RevokeAsync(TestAws.LeaseOf(request, credential), Token);

        Assert.That(Aws.Allows(credential), Is.False);
        Assert.That((await Engine.VerifyAsync(TestAws.LeaseOf(request, credential), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Old_denials_make_room_where_policies_are_full()
    {
        PutOldDenials(2);
        var request = Aws.Request();
        Aws.Server.PolicyQuota = 2 * SessionDenial.DocumentOf(request.LeaseId).Length;
        using var credential = await Engine.IssueAsync(request, Token);

        await Engine.RevokeAsync(TestAws.LeaseOf(request, credential), Token);

        Assert.That(Aws.Allows(credential), Is.False);
        Assert.That(Aws.Server.Policies, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Broker_whose_clock_is_ahead_does_not_take_a_live_session_for_over()
    {
        var request = Aws.Request(timeToLive: TimeSpan.FromMinutes(4));
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential) with { Cause = EndCause.Killed };
        await using var ahead = new AwsStsEngineType(new SteppedTime(Time.GetUtcNow().AddMinutes(10))).Create(Aws.Target("deny"));

        Assert.That((await ahead.VerifyAsync(lease, Token)).Gone, Is.False);
        await ahead.RevokeAsync(lease, Token);

        Assert.That(Aws.Allows(credential), Is.False);
        Assert.That((await ahead.VerifyAsync(lease, Token)).Evidence, Does.Contain(": denied by the policies"));
    }

    [Test]
    public async Task Lease_that_the_store_saw_expire_is_not_asked_for()
    {
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential) with { Cause = EndCause.Expired };

        await Engine.RevokeAsync(lease, Token);

        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
        Assert.That(Aws.Server.Requests.Select(sent => sent["Action"]), Is.EqualTo((string[])["AssumeRole"]));
    }

    [Test]
    public async Task Role_that_is_no_more_is_asked_for_until_the_session_is_over()
    {
        var request = Aws.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);
        Aws.Server.NamedRoleArn = "";

        await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));
        Time.Advance(TimeSpan.FromMinutes(11));
        await Engine.RevokeAsync(lease, Token);

        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    private void PutOldDenials(int count)
    {
        foreach (var lease in Enumerable.Range(0, count).Select(_ => LeaseId.New(1)))
        {
            Aws.Server.PutPolicy(SessionDenial.NameOf(lease, Time.GetUtcNow().AddHours(-1)), SessionDenial.DocumentOf(lease));
        }
    }
}
