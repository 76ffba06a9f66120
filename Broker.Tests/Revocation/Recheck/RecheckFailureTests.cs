using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Revocation.Recheck;

namespace SecretsBroker.Tests.Revocation.Recheck;

/// <summary>What fails on the way revokes nothing by itself, and is made good later.</summary>
internal sealed class RecheckFailureTests
{
    private RecheckRig _rig = null!;
    private PolicyRecheck _recheck = null!;

    [SetUp]
    public async Task SetUp()
    {
        _rig = new RecheckRig();
        await _rig.PutInForceAsync(RecheckRig.PermitAll);
        _recheck = _rig.NewRecheck();
    }

    [TearDown]
    public async Task TearDown() => await _rig.DisposeAsync();

    [Test]
    public async Task Policy_that_cannot_be_asked_ends_nothing_and_is_asked_again()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        _rig.Policy.Instead = (_, _) => throw new InvalidOperationException("out of reach");

        await _recheck.RunAsync(default);
        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That((_recheck.Report!.Failed, _recheck.Report.LeavesSomething, _rig.Counted("failed")), Is.EqualTo((3, true, 3)));

        _rig.Policy.Instead = null;
        _rig.Time.Advance(TimeSpan.FromSeconds(5));
        await _recheck.RunAsync(default);
        Assert.That((await _rig.FindAsync(lease)).Cause, Is.EqualTo(EndCause.Policy));
    }

    [Test]
    public async Task Denial_that_no_policies_stand_behind_ends_nothing()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        _rig.Policy.Instead = (_, _) => ValueTask.FromResult(PolicyAnswer.Deny("the policy server does not answer"));

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That(_recheck.Report!.Failed, Is.EqualTo(1));
    }

    [Test]
    public async Task Policy_that_does_not_answer_in_time_ends_nothing()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        _rig.Policy.Instead = (_, _) => new ValueTask<PolicyAnswer>(new TaskCompletionSource<PolicyAnswer>().Task);

        var pass = _recheck.RunAsync(default);
        await Wait.UntilAsync(() =>
        {
            _rig.Time.Advance(TimeSpan.FromSeconds(1));
            return pass.IsCompleted;
        });
        await pass;

        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That(_recheck.Report!.Failed, Is.EqualTo(1));
    }

    [Test]
    public async Task Pass_gives_up_on_an_engine_that_never_answers_and_comes_again()
    {
        await _rig.IssueAsync(Enumerable.Range(0, 250));
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        _rig.Policy.Instead = (_, _) => throw new InvalidOperationException("out of reach");

        await _recheck.RunAsync(default);

        Assert.That(_rig.Policy.Questions, Has.Count.EqualTo(100), "one page");
        Assert.That(_recheck.Report!.IsIncomplete, Is.True);
    }

    [Test]
    public async Task Forbid_that_cannot_be_evaluated_ends_nothing()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.PutInForceAsync(RecheckRig.PermitAll + "forbid (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 > 1 };");

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That((_recheck.Report!.Undecided, _recheck.Report.Denied), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Forbid_that_matches_counts_beside_one_that_cannot_be_evaluated()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3, 4]);
        _rig.Settings.MaxRevokePercent = 100;
        await _rig.PutInForceAsync(RecheckRig.Forbid(1) + "forbid (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 > 1 };");

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).Cause, Is.EqualTo(EndCause.Policy));
        Assert.That((_recheck.Report!.Undecided, _recheck.Report.Denied), Is.EqualTo((3, 1)));
    }

    [Test]
    public async Task Audit_log_that_cannot_be_written_keeps_no_lease_alive()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        _rig.Audit.Fails = true;

        await _recheck.RunAsync(default);

        var ended = await _rig.FindAsync(lease);
        Assert.That((ended.Cause, ended.GoneTime), Is.EqualTo((EndCause.Policy, ended.EndTime)));
        Assert.That(_rig.Log.Text, Does.Contain("is not in the audit log"));
    }

    [Test]
    public async Task Broker_that_dies_between_asking_and_revoking_is_made_good_by_the_next_pass()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        using var death = new CancellationTokenSource();
        var engine = new CedarPolicyEngine(_rig.Policies);
        var asked = 0;
        _rig.Policy.Instead = async (question, token) =>
        {
            var answer = await engine.DecideAsync(question, default);
            if (Interlocked.Increment(ref asked) == 3)
            {
                await death.CancelAsync();
            }

            return answer;
        };
        Assert.That(() => _recheck.RunAsync(death.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));

        await _rig.NewRecheck().RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).Cause, Is.EqualTo(EndCause.Policy));
    }

    [Test]
    public async Task Answers_of_policies_that_were_replaced_meanwhile_do_not_count()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        var engine = new CedarPolicyEngine(_rig.Policies);
        _rig.Policy.Instead = async (question, token) =>
        {
            var answer = await engine.DecideAsync(question, token);
            await _rig.PutInForceAsync("// back again\n" + RecheckRig.PermitAll);
            return answer;
        };

        await _recheck.RunAsync(default);
        _rig.Policy.Instead = null;
        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That((_recheck.Report!.PolicyHash, _recheck.Report.Denied), Is.EqualTo((_rig.Policies.Snapshot.Hash, 0)));
        Assert.That(_rig.Audit.Records.Select(record => record.Type), Has.None.EqualTo(AuditEventType.Revoked));
    }
}
