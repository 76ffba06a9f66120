using SecretsBroker.Engines;
using SecretsBroker.Engines.AwsSts;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>How sessions end early: by denials among the role's policies.</summary>
internal sealed class AwsDenialTests
{
    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(3));
    private SteppedTime _time = null!;
    private TestAws _aws = null!;
    private ICredentialEngine _engine = null!;

    private CancellationToken Token => _end.Token;

    [SetUp]
    public async Task StartAsync()
    {
        // The SDK signs by the system's clock.
        _time = new SteppedTime(TimeProvider.System.GetUtcNow());
        _aws = await TestAws.StartAsync(_time);
        _engine = _aws.EngineOf(_aws.Target("deny"));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        await _aws.DisposeAsync();
    }

    [OneTimeTearDown]
    public void Dispose() => _end.Dispose();

    [Test]
    public async Task Denial_hits_the_sessions_of_one_lease_and_goes_when_they_are_over()
    {
        _aws.Server.PageSize = 1;
        _aws.Server.PutPolicy("somebody-elses", """{"Version":"2012-10-17","Statement":[]}""");
        var (one, other) = (_aws.Request(), _aws.Request(timeToLive: TimeSpan.FromHours(1)));
        using var revoked = (AwsCredential)await _engine.IssueAsync(one, Token);
        using var kept = (AwsCredential)await _engine.IssueAsync(other, Token);

        await _engine.RevokeAsync(TestAws.LeaseOf(one, revoked), Token);

        Assert.That(_engine.Revocability, Is.EqualTo(Revocability.Destroy));
        Assert.That((_aws.Allows(revoked), _aws.Allows(kept)), Is.EqualTo((false, true)));
        Assert.That(
            (await _engine.VerifyAsync(TestAws.LeaseOf(one, revoked), Token)).Evidence,
            Is.EqualTo($"session sb_{one.LeaseId.Value}: denied by the policies of role invoices-reader"));
        _time.Advance(TimeSpan.FromMinutes(11));
        await _engine.RevokeAsync(TestAws.LeaseOf(other, kept), Token);
        Assert.That(
            _aws.Server.Policies,
            Is.EquivalentTo((string[])["somebody-elses", $"sb_{other.LeaseId.Value}_{kept.EndTime.ToUnixTimeSeconds()}"]));
    }

    [TestCase("99999999999999999")]
    [TestCase("99999999999999999999")]
    [TestCase("-1")]
    [TestCase("soon")]
    public async Task Session_whose_end_is_damaged_in_the_store_is_denied_until_its_lease_would_have_ended(string handle)
    {
        var request = _aws.Request();
        using var credential = (AwsCredential)await _engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential) with { Handle = handle };
        await using var restarted = _aws.EngineOf(_aws.Target("deny"));

        await restarted.RevokeAsync(lease, Token);

        Assert.That(_aws.Allows(credential), Is.False);
        Assert.That((await restarted.VerifyAsync(lease, Token)).Evidence, Does.Contain("denied by the policies"));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.That((await restarted.VerifyAsync(lease, Token)).Evidence, Does.Contain("has allowed nothing since"));
    }

    [Test]
    public async Task Lease_whose_time_is_over_needs_no_denial()
    {
        var request = _aws.Request();
        using var credential = await _engine.IssueAsync(request, Token);
        _time.Advance(TimeSpan.FromMinutes(11));

        await _engine.RevokeAsync(TestAws.LeaseOf(request, credential), Token);

        Assert.That(_aws.Server.Policies, Is.Empty);
        Assert.That((await _engine.VerifyAsync(TestAws.LeaseOf(request, credential), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Role_whose_policies_are_full_is_told_until_the_session_is_over()
    {
        _aws.Server.PolicyQuota = 100;
        var request = _aws.Request();
        using var credential = await _engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(lease, Token));

        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(
            ("target aws-sts-target: revoking failed: the role's policies are full: too many sessions are denied at once", true)));
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.False);
        _time.Advance(TimeSpan.FromMinutes(11));
        await _engine.RevokeAsync(lease, Token);
        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [TestCase("arn:aws:iam::111111111111:role/agents/invoices-reader")]
    [TestCase("arn:aws:iam::123456789012:role/people/invoices-reader")]
    public async Task Another_role_of_that_name_gets_no_denial_and_proves_nothing(string other)
    {
        var request = _aws.Request();
        using var credential = await _engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);
        _aws.Server.NamedRoleArn = other;

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(lease, Token));

        Assert.That(failure!.Message, Does.Contain("is another one than role_arn"));
        Assert.That(_aws.Server.Policies, Is.Empty);
        _aws.Server.PutPolicy(SessionDenial.NameOf(lease.Id, request.ExpireTime), SessionDenial.DocumentOf(lease.Id));
        Assert.That(_aws.Allows(credential), Is.True);
        await Assert.ThrowsAsync<EngineException>(async () => await _engine.VerifyAsync(lease, Token));
        await Assert.ThrowsAsync<EngineException>(async () => await _engine.CheckAsync(Token));
    }

    [Test]
    public async Task Old_denial_that_cannot_be_taken_away_does_not_hold_up_a_new_one()
    {
        PutOldDenials(1);
        _aws.Server.Instead = async (context, action) =>
            action == "DeleteRolePolicy" && await AwsServer.RefuseAsync(context, 403, "AccessDenied");
        var request = _aws.Request();
        using var credential = await _engine.IssueAsync(request, Token);

        await _engine.RevokeAsync(TestAws.LeaseOf(request, credential), Token);

        Assert.That(_aws.Allows(credential), Is.False);
        Assert.That((await _engine.VerifyAsync(TestAws.LeaseOf(request, credential), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Old_denials_make_room_where_policies_are_full()
    {
        PutOldDenials(2);
        var request = _aws.Request();
        _aws.Server.PolicyQuota = 2 * SessionDenial.DocumentOf(request.LeaseId).Length;
        using var credential = await _engine.IssueAsync(request, Token);

        await _engine.RevokeAsync(TestAws.LeaseOf(request, credential), Token);

        Assert.That(_aws.Allows(credential), Is.False);
        Assert.That(_aws.Server.Policies, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Broker_whose_clock_is_ahead_does_not_take_a_live_session_for_over()
    {
        var request = _aws.Request(timeToLive: TimeSpan.FromMinutes(4));
        using var credential = await _engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential) with { Cause = EndCause.Killed };
        await using var ahead = new AwsStsEngineType(new SteppedTime(_time.GetUtcNow().AddMinutes(10))).Create(_aws.Target("deny"));

        Assert.That((await ahead.VerifyAsync(lease, Token)).Gone, Is.False);
        await ahead.RevokeAsync(lease, Token);

        Assert.That(_aws.Allows(credential), Is.False);
        Assert.That((await ahead.VerifyAsync(lease, Token)).Evidence, Does.Contain(": denied by the policies"));
    }

    [Test]
    public async Task Lease_that_the_store_saw_expire_is_not_asked_for()
    {
        var request = _aws.Request();
        using var credential = await _engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential) with { Cause = EndCause.Expired };

        await _engine.RevokeAsync(lease, Token);

        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
        Assert.That(_aws.Server.Requests.Select(sent => sent["Action"]), Is.EqualTo((string[])["AssumeRole"]));
    }

    [Test]
    public async Task Role_that_is_no_more_is_asked_for_until_the_session_is_over()
    {
        var request = _aws.Request();
        using var credential = await _engine.IssueAsync(request, Token);
        var lease = TestAws.LeaseOf(request, credential);
        _aws.Server.NamedRoleArn = "";

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(lease, Token));
        _time.Advance(TimeSpan.FromMinutes(11));
        await _engine.RevokeAsync(lease, Token);

        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    private void PutOldDenials(int count)
    {
        foreach (var lease in Enumerable.Range(0, count).Select(_ => LeaseId.New(1)))
        {
            _aws.Server.PutPolicy(SessionDenial.NameOf(lease, _time.GetUtcNow().AddHours(-1)), SessionDenial.DocumentOf(lease));
        }
    }
}
