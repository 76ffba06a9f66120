using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>A target is held against the leases: what may be removed, what may not, and what is told.</summary>
[NonParallelizable]
internal sealed class ReconciliationTests
{
    private const string Target = "vault";

    [Test]
    public async Task What_no_lease_covers_is_removed_and_recorded_and_what_others_made_is_left()
    {
        await using var broker = await StartAsync();
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = LeaseId.Parse((await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId);
        LeaseId[] orphans = [.. Enumerable.Range(0, 5).Select(_ => LeaseId.New(0, ReconcilingOperator.Installation))];
        LeaseId[] foreign = [LeaseId.New(0, Installation.Of("another")), LeaseId.New(0), LeaseId.New(9)];
        foreach (var id in orphans.Concat(foreign))
        {
            broker.Target.Live[id] = DateTimeOffset.MaxValue;
        }

        var report = await broker.ReconcileAsync(Target);

        Assert.Multiple(() =>
        {
            Assert.That((report.ListedCount, report.OrphanCount, report.RemovedCount, report.FailedCount, report.MissingCount), Is.EqualTo((6, 5, 5, 0, 0)));
            Assert.That(report.OrphanLeaseIds, Is.EquivalentTo(orphans.Select(id => id.Value)));
            Assert.That(broker.Target.Live.Keys, Is.EquivalentTo(foreign.Append(lease)));
        });
        var records = await ReadAuditAsync(broker);
        Assert.That(
            records.Where(record => record.Type == AuditEventType.OrphanRemoved).Select(record => (record.Lease, record.Target, record.Proof)),
            Is.EquivalentTo(orphans.Select(id => (id.Value, Target, "looked in memory"))));
        var passed = records.Single(record => record.Type == AuditEventType.TargetReconciled);
        Assert.That((passed.Workload, passed.LeasesFound, passed.LeasesGone), Is.EqualTo((Sandbox.Workload(ReconcilingOperator.Name).Value, 5L, 5L)));
    }

    [Test]
    public async Task Dry_run_removes_nothing()
    {
        await using var broker = await StartAsync();
        var orphan = LeaseId.New(0, ReconcilingOperator.Installation);
        broker.Target.Live[orphan] = DateTimeOffset.MaxValue;

        var report = await broker.ReconcileAsync(Target, dryRun: true);

        Assert.That((report.OrphanCount, report.RemovedCount), Is.EqualTo((1, 0)));
        Assert.That(broker.Target.Live.Keys, Is.EqualTo(new[] { orphan }));
    }

    [Test]
    public async Task What_is_being_issued_or_revoked_is_covered()
    {
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(PatientCatalog, ReconcilingOperator.Policies), adapt: null, ReconcilingOperator.Settings);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var ending = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        broker.Target.HoldRevocations();
        var revoking = agent.RevokeAsync(ending);
        await broker.Target.UntilRevokingAsync();
        broker.Target.HoldAnswers();
        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items).ResponseAsync;
        await Wait.UntilAsync(() => broker.Target.Live.Count == 2);

        var report = await broker.ReconcileAsync(Target);

        Assert.That((report.ListedCount, report.OrphanCount, report.MissingCount), Is.EqualTo((2, 0, 0)));
        broker.Target.LetAnswersGo();
        broker.Target.LetRevocationsGo();
        var issued = (await issuing).Lease.LeaseId;
        await revoking;
        await Wait.UntilAsync(() => broker.Target.Live.Keys.Select(id => id.Value).SequenceEqual([issued]));
    }

    [Test]
    public async Task What_is_missing_is_told_once_and_its_lease_goes_on()
    {
        await using var broker = await StartAsync();
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        broker.Target.Live.TryRemove(LeaseId.Parse(lease), out _);

        var first = await broker.ReconcileAsync(Target);
        var second = await broker.ReconcileAsync(Target);

        Assert.Multiple(() =>
        {
            Assert.That((first.MissingCount, second.MissingCount, first.OrphanCount), Is.EqualTo((1, 1, 0)));
            Assert.That(first.MissingLeaseIds, Is.EqualTo(new[] { lease }));
        });
        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(SecretsBroker.V1.LeaseState.Active));
        var records = await ReadAuditAsync(broker);
        Assert.That(
            records.Where(record => record.Type == AuditEventType.LeaseMissing).Select(record => record.Lease), Is.EqualTo(new[] { lease }));
    }

    [Test]
    public async Task One_pass_removes_no_more_than_it_may_and_the_next_goes_on()
    {
        await using var broker = await StartAsync(("Reconciliation:MaxRemovals", 2));
        for (var i = 0; i < 5; i++)
        {
            broker.Target.Live[LeaseId.New(0, ReconcilingOperator.Installation)] = DateTimeOffset.MaxValue;
        }

        var first = await broker.ReconcileAsync(Target);
        var second = await broker.ReconcileAsync(Target);
        var third = await broker.ReconcileAsync(Target);

        Assert.That((first.RemovedCount, second.RemovedCount, third.RemovedCount), Is.EqualTo((2, 2, 1)));
        Assert.That(broker.Target.Live, Is.Empty);
    }

    [Test]
    public async Task What_cannot_be_removed_is_told_and_does_not_keep_the_rest()
    {
        await using var broker = await StartAsync();
        var (broken, other) = (LeaseId.New(0, ReconcilingOperator.Installation), LeaseId.New(0, ReconcilingOperator.Installation));
        (broker.Target.Live[broken], broker.Target.Live[other]) = (DateTimeOffset.MaxValue, DateTimeOffset.MaxValue);
        broker.Target.Broken[broken] = true;

        var report = await broker.ReconcileAsync(Target);

        Assert.That((report.OrphanCount, report.RemovedCount, report.FailedCount), Is.EqualTo((2, 1, 1)));
        Assert.That(broker.Target.Live.Keys, Is.EqualTo(new[] { broken }));
    }

    [Test]
    public async Task Brokers_do_it_by_themselves()
    {
        await using var broker = await StartAsync(("Reconciliation:Mode", "enforce"), ("Reconciliation:Interval", "00:00:01"));
        var foreign = LeaseId.New(0, Installation.Of("another"));
        (broker.Target.Live[foreign], broker.Target.Live[LeaseId.New(0, ReconcilingOperator.Installation)]) =
            (DateTimeOffset.MaxValue, DateTimeOffset.MaxValue);

        await Wait.UntilAsync(() => broker.Target.Live.Keys.SequenceEqual([foreign]));
    }

    [Test]
    public async Task Without_a_name_of_the_installation_nothing_is_touched()
    {
        await using var broker = await StartAsync(("Store:Installation", ""));

        var refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, () => broker.ReconcileAsync(Target));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("NO_INSTALLATION"));
    }

    [TestCase("nowhere", StatusCode.NotFound, "TARGET_NOT_FOUND")]
    [TestCase("Vault; DROP", StatusCode.InvalidArgument, "INVALID_ARGUMENT")]
    public async Task Target_that_is_none_is_told(string target, StatusCode status, string reason)
    {
        await using var broker = await StartAsync();

        var refused = await Rpc.RefusedAsync(status, () => broker.ReconcileAsync(target));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo(reason));
    }

    [Test]
    public async Task It_is_for_operators_only()
    {
        await using var broker = await StartAsync();
        broker.Target.Live[LeaseId.New(0, ReconcilingOperator.Installation)] = DateTimeOffset.MaxValue;

        var refused = await Rpc.RefusedAsync(StatusCode.PermissionDenied, () => broker.ReconcileAsync(Target, caller: "a"));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("OPERATOR_DENIED"));
        Assert.That(broker.Target.Live, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Target_that_cannot_be_listed_fails_the_pass_and_loses_nothing()
    {
        await using var broker = await StartAsync();
        broker.Target.Live[LeaseId.New(0, ReconcilingOperator.Installation)] = DateTimeOffset.MaxValue;
        broker.Target.IsDown = true;

        var refused = await Rpc.RefusedAsync(StatusCode.Unavailable, () => broker.ReconcileAsync(Target));

        Assert.That(Rpc.Describe(refused), Does.Not.Contain("hunter2"));
        Assert.That(broker.Target.Live, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Command_line_shows_what_would_be_removed_and_removes_it()
    {
        await using var broker = await StartAsync();
        var orphan = LeaseId.New(0, ReconcilingOperator.Installation);
        broker.Target.Live[orphan] = DateTimeOffset.MaxValue;

        var looked = await broker.RunReconcileAsync(Target, "--dry-run");
        var removed = await broker.RunReconcileAsync(Target);
        var again = await broker.RunReconcileAsync(Target);

        Assert.Multiple(() =>
        {
            Assert.That((looked.ExitCode, removed.ExitCode, again.ExitCode), Is.EqualTo((3, 0, 0)));
            Assert.That(looked.Output, Does.Contain("1 no lease covers").And.Contain($"sb_{orphan}").And.Not.Contain("removed"));
            Assert.That(removed.Output, Does.Contain("1 removed, 0 could not be removed"));
            Assert.That(again.Output, Does.Contain("Nothing is there that no lease covers"));
        });
    }

    /// <summary>A target that may be held for as long as a test takes.</summary>
    private static object PatientCatalog => new
    {
        targets = new[] { new { name = Target, engine = "fake", timeout = "1m", concurrency = 200 } },
        grants = new[]
        {
            new { name = "read-items", action = "read", resource = BrokerUnderTest.Items, target = Target, default_ttl = "1m", max_ttl = "2m" },
        },
    };

    private static Task<BrokerUnderTest> StartAsync(params (string Key, object Value)[] settings) => BrokerUnderTest.StartAsync(
        new Sandbox(BrokerUnderTest.Catalog(), ReconcilingOperator.Policies), adapt: null, [.. ReconcilingOperator.Settings, .. settings]);

    private static async Task<IReadOnlyList<AuditRecord>> ReadAuditAsync(BrokerUnderTest broker) =>
        await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).Select(entry => entry.Record).ToListAsync();
}
