using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Revocation.Recheck;

namespace SecretsBroker.Tests.Revocation.Recheck;

/// <summary>Which leases end after a change of the policies, and which do not.</summary>
internal sealed class PolicyRecheckTests
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
    public async Task Lease_that_the_new_policies_forbid_is_revoked_and_the_others_stay()
    {
        var forbidden = await _rig.IssueAsync(1);
        var allowed = await _rig.IssueAsync([2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));

        await _recheck.RunAsync(default);

        var revoked = await _rig.FindAsync(forbidden);
        Assert.That((revoked.State, revoked.Cause), Is.EqualTo((LeaseState.Revoked, EndCause.Policy)));
        Assert.That(await _rig.CountAsync(allowed, LeaseState.Active), Is.EqualTo(2));
        var report = _recheck.Report!;
        Assert.That((report.Outcome, report.Allowed, report.Denied, report.Revoked), Is.EqualTo((RecheckOutcome.Revoked, 2, 1, 1)));
        Assert.That((_rig.Counted("allowed"), _rig.Counted("denied")), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task Records_name_the_policies_that_no_longer_allow_it()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));

        await _recheck.RunAsync(default);
        await _rig.FindAsync(lease);

        var hash = _rig.Policies.Snapshot.Hash;
        var ofLease = _rig.Audit.Records.Where(record => record.Lease == lease.Id.Value).ToDictionary(record => record.Type);
        Assert.That(ofLease.Keys, Is.EquivalentTo(new[] { AuditEventType.LeasesRechecked, AuditEventType.Revoked }));
        Assert.That(ofLease[AuditEventType.Revoked].Cause, Is.EqualTo("Policy"));
        var denial = ofLease[AuditEventType.LeasesRechecked];
        Assert.That((denial.Outcome, denial.Allowed, denial.PolicyHash), Is.EqualTo(("Denied", (bool?)false, hash)));
        Assert.That(denial.Policies, Is.EqualTo(new[] { "no-1" }));
        var pass = _rig.Audit.Records.Single(record => record.Type == AuditEventType.LeasesRechecked && record.Lease.Length == 0);
        Assert.That((pass.Outcome, pass.PolicyHash), Is.EqualTo(("Revoked", hash)));
        Assert.That(pass.Reason, Does.StartWith("2 allowed, 1 denied").And.EndsWith("denied by grant: read-notes 1"));
    }

    [Test]
    public async Task Policy_is_asked_what_it_would_be_asked_if_the_owner_came_now_for_what_is_left()
    {
        await _rig.IssueAsync(1);
        await _rig.PutInForceAsync("// the same\n" + RecheckRig.PermitAll);
        _rig.Time.Advance(TimeSpan.FromMinutes(10));

        await _recheck.RunAsync(default);

        var question = _rig.Policy.Questions.Single();
        Assert.That(question.Workload.Id, Is.EqualTo(RecheckRig.Agent(1)));
        Assert.That(question.Workload.Groups, Is.EqualTo(new[] { "writers" }));
        Assert.That(question.Workload.Attributes, Is.EqualTo(new Dictionary<string, string> { ["team"] = "notes" }));
        Assert.That(
            (question.Intent.Action, question.Intent.Resource, question.Intent.Tool, question.Intent.Purpose),
            Is.EqualTo(("read", "notes/all", "pen", "read a note")));
        Assert.That(question.Intent.TimeToLive, Is.EqualTo(TimeSpan.FromMinutes(20)));
        Assert.That(question.Grant.Classification, Is.EqualTo("internal"));
        var context = question.Context;
        Assert.That((context.TaskPurpose, context.Initiator, context.SourceAddress, context.Renewal), Is.EqualTo(("keep notes", "carol@example.org", RecheckRig.Address, false)));
        Assert.That(context.Labels, Is.EqualTo(new Dictionary<string, string> { ["ticket"] = "N-1" }));
        Assert.That(context.Time, Is.EqualTo(_rig.Time.GetUtcNow()));
    }

    [Test]
    public async Task What_the_policies_in_force_have_allowed_already_is_not_asked_again()
    {
        var lease = await _rig.IssueAsync(1);

        await _recheck.RunAsync(default);

        Assert.That(_rig.Policy.Questions, Is.Empty);
        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That(_recheck.Report!.Allowed, Is.EqualTo(1));
    }

    [Test]
    public async Task Change_that_came_while_no_broker_ran_is_made_good_at_the_start()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.IssueAsync([2, 3]);
        await _recheck.RunAsync(default);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));

        await _rig.NewRecheck().RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).Cause, Is.EqualTo(EndCause.Policy));
    }

    [Test]
    public async Task Lease_of_a_request_that_was_decided_before_the_change_is_found_a_minute_later()
    {
        await _rig.IssueAsync([2, 3]);
        var before = _rig.Policies.Snapshot.Hash;
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));
        await _recheck.RunAsync(default);
        var late = await _rig.IssueAsync(1, basis => basis with { PolicyHash = before });

        await _recheck.RunAsync(default);
        Assert.That((await _rig.FindAsync(late)).State, Is.EqualTo(LeaseState.Active));
        _rig.Time.Advance(TimeSpan.FromMinutes(1));
        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(late)).Cause, Is.EqualTo(EndCause.Policy));
    }

    [Test]
    public async Task Nothing_is_asked_any_more_once_nothing_can_come_of_it()
    {
        await _rig.IssueAsync(1);
        await _rig.PutInForceAsync("// the same\n" + RecheckRig.PermitAll);
        await _recheck.RunAsync(default);
        _rig.Time.Advance(TimeSpan.FromMinutes(1));
        await _recheck.RunAsync(default);
        var asked = _rig.Policy.Questions.Count;

        _rig.Time.Advance(TimeSpan.FromMinutes(10));
        await _recheck.RunAsync(default);

        Assert.That((asked, _rig.Policy.Questions.Count), Is.EqualTo((2, 2)));
        Assert.That(_rig.Audit.Records.Count(record => record.Type == AuditEventType.LeasesRechecked), Is.EqualTo(1), "told once");
    }

    [Test]
    public async Task Reservation_whose_credential_is_being_made_is_ended_as_well()
    {
        await _rig.IssueAsync([2, 3]);
        var active = await _rig.IssueAsync(1);
        var pending = (await _rig.Store.ReserveAsync(
            new Reservation
            {
                Task = active.Task,
                Grant = active.Grant,
                Engine = active.Engine,
                Target = active.Target,
                Action = active.Action,
                Resource = active.Resource,
                DecisionId = "d-2",
                Basis = (await _rig.Store.ListLiveAsync(0, cursor: null, 10, default)).Leases[0].Basis,
                TimeToLive = RecheckRig.TimeToLive,
                MaxTimeToLive = RecheckRig.TimeToLive,
                IssueTimeout = TimeSpan.FromSeconds(10),
                SettleMargin = TimeSpan.FromSeconds(10),
                Quotas = new LeaseQuotas(0, 0, 0),
            },
            default)).Lease!;
        await _rig.PutInForceAsync(RecheckRig.Forbid(1));

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(pending)).Cause, Is.EqualTo(EndCause.Policy));
        Assert.That((await _rig.Store.ActivateAsync(pending.Id, "", default)).Status, Is.EqualTo(ActivateStatus.Refused));
    }

    [Test]
    public async Task Stricter_max_ttl_does_not_shorten_a_lease_that_stays_allowed()
    {
        var lease = await _rig.IssueAsync(1);
        await _rig.PutInForceAsync("@max_ttl(\"1m\") " + RecheckRig.PermitAll);

        await _recheck.RunAsync(default);

        Assert.That(await _rig.FindAsync(lease), Is.EqualTo(lease));
    }

    [Test]
    public async Task Forbid_on_the_time_to_live_ends_what_has_more_left()
    {
        var lease = await _rig.IssueAsync(1);
        _rig.Settings.MaxRevokePercent = 100;
        await _rig.PutInForceAsync(RecheckRig.PermitAll + "forbid (principal, action, resource) when { context.ttl_seconds > 600 };");

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).Cause, Is.EqualTo(EndCause.Policy));
    }

    [Test]
    public async Task Lease_whose_basis_is_not_known_is_left_to_its_end()
    {
        var lease = await _rig.IssueAsync(1, _ => null);
        await _rig.PutInForceAsync("// nothing is permitted");

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That((_recheck.Report!.NotAsked, _rig.Policy.Questions.Count), Is.EqualTo((1, 0)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Lease_whose_grant_is_no_longer_what_it_was_is_left_to_its_end(bool points)
    {
        var lease = await _rig.IssueAsync(1);
        _rig.Catalog.Replace(points ? RecheckRig.CatalogOf("notes/some") : new SecretsBroker.Catalog.CatalogSnapshot([], [], "none"));
        await _rig.PutInForceAsync("// nothing is permitted");

        await _recheck.RunAsync(default);

        Assert.That((await _rig.FindAsync(lease)).State, Is.EqualTo(LeaseState.Active));
        Assert.That(_recheck.Report!.NotAsked, Is.EqualTo(1));
    }

    [Test]
    public async Task Off_does_not_ask()
    {
        _rig.Settings.Mode = RecheckOptions.Off;
        await _rig.IssueAsync(1);
        await _rig.PutInForceAsync("// nothing is permitted");

        await _recheck.RunAsync(default);

        Assert.That((_rig.Policy.Questions.Count, _recheck.Report), Is.EqualTo((0, (RecheckReport?)null)));
    }

    [Test]
    public async Task Dry_run_revokes_nothing_and_tells_what_it_would()
    {
        _rig.Settings.Mode = RecheckOptions.DryRun;
        var leases = await _rig.IssueAsync([1, 2, 3]);
        await _rig.PutInForceAsync(RecheckRig.Forbid(1, 2));

        await _recheck.RunAsync(default);

        Assert.That(await _rig.CountAsync(leases, LeaseState.Active), Is.EqualTo(3));
        Assert.That((_recheck.Report!.Outcome, _recheck.Report.Denied), Is.EqualTo((RecheckOutcome.DryRun, 2)));
        Assert.That(_recheck.Report.Examples, Is.EquivalentTo(leases.Take(2).Select(lease => lease.Id)));
        Assert.That(_rig.Audit.Records.Single().Outcome, Is.EqualTo("DryRun"));
        Assert.That(_rig.Held, Is.Zero);
    }
}
