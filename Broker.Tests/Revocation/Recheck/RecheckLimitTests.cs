using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Revocation.Recheck;

namespace SecretsBroker.Tests.Revocation.Recheck;

/// <summary>The limit on what one change may revoke, and an operator's confirmation.</summary>
internal sealed class RecheckLimitTests
{
    private const string Operator = "spiffe://example.org/ops/dave";

    private RecheckRig _rig = null!;
    private PolicyRecheck _recheck = null!;

    private string Hash => _rig.Policies.Snapshot.Hash;

    [SetUp]
    public async Task SetUp()
    {
        _rig = new RecheckRig();
        await _rig.PutInForceAsync(RecheckRig.PermitAll);
        _recheck = _rig.NewRecheck();
    }

    [TearDown]
    public async Task TearDown() => await _rig.DisposeAsync();

    [TestCase(50, 0, 2, true)]
    [TestCase(49, 0, 2, false)]
    [TestCase(49, 2, 2, true)]
    [TestCase(49, 1, 2, false)]
    [TestCase(0, 0, 1, false)]
    [TestCase(100, 0, 4, true)]
    public async Task Share_of_four_leases_may_be_revoked_or_not(int percent, int minimum, int forbidden, bool revoked)
    {
        (_rig.Settings.MaxRevokePercent, _rig.Settings.MinRevokeCount) = (percent, minimum);
        var leases = await _rig.IssueAsync([1, 2, 3, 4]);
        await _rig.PutInForceAsync(RecheckRig.Forbid([.. Enumerable.Range(1, forbidden)]));

        await _recheck.RunAsync(default);

        Assert.That(await _rig.CountAsync(leases, LeaseState.Revoked), Is.EqualTo(revoked ? forbidden : 0));
        Assert.That(_recheck.Report!.Outcome, Is.EqualTo(revoked ? RecheckOutcome.Revoked : RecheckOutcome.Held));
    }

    [Test]
    public async Task What_is_held_is_seen_and_told_once()
    {
        await HoldAsync();
        _rig.Time.Advance(TimeSpan.FromMinutes(1));
        await _recheck.RunAsync(default);

        Assert.That(_rig.Held, Is.EqualTo(3));
        Assert.That(_rig.Log.Text, Does.Contain($"broker policy recheck --confirm {Hash}"));
        var record = _rig.Audit.Records.Single();
        Assert.That((record.Type, record.Outcome, record.PolicyHash), Is.EqualTo((AuditEventType.LeasesRechecked, "Held", Hash)));
        Assert.That(record.Reason, Does.StartWith("1 allowed, 3 denied"));
    }

    [Test]
    public async Task Confirmation_at_one_broker_releases_every_broker()
    {
        var leases = await HoldAsync();
        var other = _rig.NewRecheck();
        await other.RunAsync(default);

        Assert.That(await other.ConfirmAsync(Hash, Operator, default), Is.True);
        await _recheck.RunAsync(default);

        Assert.That(await _rig.CountAsync(leases, LeaseState.Revoked), Is.EqualTo(3));
        Assert.That((_recheck.Report!.Outcome, _rig.Held), Is.EqualTo((RecheckOutcome.Revoked, 0)));
        var confirmed = _rig.Audit.Records.Single(record => record.Outcome == "Confirmed");
        Assert.That((confirmed.Workload, confirmed.PolicyHash), Is.EqualTo((Operator, Hash)));
        await other.RunAsync(default);
        Assert.That(other.Report!.Outcome, Is.EqualTo(RecheckOutcome.Unchanged));
    }

    [Test]
    public async Task Confirmation_outlives_the_broker_that_took_it()
    {
        var leases = await HoldAsync();
        await _recheck.ConfirmAsync(Hash, Operator, default);

        await _rig.NewRecheck().RunAsync(default);

        Assert.That(await _rig.CountAsync(leases, LeaseState.Revoked), Is.EqualTo(3));
    }

    [Test]
    public async Task Confirmation_counts_for_an_hour()
    {
        var leases = await HoldAsync();
        await _recheck.ConfirmAsync(Hash, Operator, default);
        var held = _rig.Policies.Snapshot;
        await _rig.PutInForceAsync(RecheckRig.PermitAll);
        await _recheck.RunAsync(default);
        Assert.That(await _rig.CountAsync(leases, LeaseState.Active), Is.EqualTo(4));

        _rig.Time.Advance(PolicyRecheck.ConfirmationLifetime);
        var later = await _rig.IssueAsync([1, 2, 3, 4]);
        _rig.Policies.Replace(held);
        await _recheck.RunAsync(default);

        Assert.That(await _rig.CountAsync(later, LeaseState.Active), Is.EqualTo(4));
        Assert.That(_recheck.Report!.Outcome, Is.EqualTo(RecheckOutcome.Held));
    }

    [Test]
    public async Task Confirmation_of_other_policies_or_of_nothing_is_refused()
    {
        Assert.That(await _recheck.ConfirmAsync(Hash, Operator, default), Is.False, "nothing is held");
        await HoldAsync();

        Assert.That(await _recheck.ConfirmAsync(new string('0', 64), Operator, default), Is.False);
        Assert.That(await _rig.Store.FindRecheckConfirmationAsync(default), Is.Null);
    }

    [Test]
    public async Task Confirmation_that_is_not_on_the_record_does_not_count()
    {
        var leases = await HoldAsync();
        _rig.Audit.Fails = true;

        Assert.That(() => _recheck.ConfirmAsync(Hash, Operator, default), Throws.TypeOf<AuditException>());
        await _recheck.RunAsync(default);

        Assert.That(await _rig.CountAsync(leases, LeaseState.Active), Is.EqualTo(4));
    }

    [Test]
    public async Task Policies_that_allow_again_end_what_was_held()
    {
        var leases = await HoldAsync();
        await _rig.PutInForceAsync(RecheckRig.PermitAll);

        await _recheck.RunAsync(default);

        Assert.That((_recheck.Report!.Outcome, _rig.Held), Is.EqualTo((RecheckOutcome.Unchanged, 0)));
        Assert.That(await _rig.CountAsync(leases, LeaseState.Active), Is.EqualTo(4));
    }

    [Test]
    public async Task What_is_held_ends_with_its_leases()
    {
        await HoldAsync();

        _rig.Time.Advance(RecheckRig.TimeToLive);
        await _recheck.RunAsync(default);

        Assert.That((_recheck.Report!.Outcome, _rig.Held), Is.EqualTo((RecheckOutcome.Unchanged, 0)));
    }

    [Test]
    public async Task Limit_holds_for_all_passes_of_one_change_together()
    {
        var leases = await _rig.IssueAsync([1, 2, 3, 4]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1, 2, 3));
        var engine = new CedarPolicyEngine(_rig.Policies);
        // Policy can first be asked about two of four only: one is denied, which may be revoked.
        _rig.Policy.Instead = (question, token) => question.Workload.Id == RecheckRig.Agent(1) || question.Workload.Id == RecheckRig.Agent(4)
            ? engine.DecideAsync(question, token)
            : throw new InvalidOperationException("out of reach");
        await _recheck.RunAsync(default);
        Assert.That(await _rig.CountAsync(leases, LeaseState.Revoked), Is.EqualTo(1));

        _rig.Policy.Instead = null;
        _rig.Time.Advance(TimeSpan.FromSeconds(5));
        await _recheck.RunAsync(default);

        Assert.That(await _rig.CountAsync(leases, LeaseState.Revoked), Is.EqualTo(1));
        Assert.That((_recheck.Report!.Outcome, _recheck.Report.Denied), Is.EqualTo((RecheckOutcome.Held, 2)));
    }

    /// <summary>Four leases, three of them no longer allowed.</summary>
    private async Task<IReadOnlyList<Lease>> HoldAsync()
    {
        var leases = await _rig.IssueAsync([1, 2, 3, 4]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1, 2, 3));
        await _recheck.RunAsync(default);
        Assert.That(_recheck.Report!.Outcome, Is.EqualTo(RecheckOutcome.Held));
        Assert.That(await _rig.CountAsync(leases, LeaseState.Active), Is.EqualTo(4));
        return leases;
    }
}
