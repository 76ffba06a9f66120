using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Reserving: what is written, what is refused, what is replaced.</summary>
internal abstract partial class LeaseStoreContract
{
    // U+1F600 and U+4E2D besides what SQL, Lua, JSON and shells quote with.
    private const string Hostile = "'; DROP TABLE leases; -- \" \\ {sb:7} %s $1 \r\n\t ]] \u4e2d \U0001f600 \u202e";

    [Test]
    public async Task Reservation_is_kept_as_it_was_asked_for()
    {
        await StartAsync();
        var asked = Asked() with { RequestId = "r-1", SealedFor = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" };
        var before = await NowAsync();

        var lease = await ReserveAsync(asked);
        var after = await NowAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(lease.Task, Is.EqualTo(asked.Task));
            Assert.That(lease.Grant, Is.EqualTo(asked.Grant));
            Assert.That(lease.Engine, Is.EqualTo(asked.Engine));
            Assert.That(lease.Target, Is.EqualTo(asked.Target));
            Assert.That(lease.Action, Is.EqualTo(asked.Action));
            Assert.That(lease.Resource, Is.EqualTo(asked.Resource));
            Assert.That(lease.Tool, Is.EqualTo(asked.Tool));
            Assert.That(lease.Purpose, Is.EqualTo(asked.Purpose));
            Assert.That(lease.Initiator, Is.EqualTo(asked.Initiator));
            Assert.That(lease.DecisionId, Is.EqualTo(asked.DecisionId));
            Assert.That(lease.RequestId, Is.EqualTo("r-1"));
            Assert.That(lease.TraceParent, Is.EqualTo(asked.TraceParent));
            Assert.That(lease.SealedFor, Is.EqualTo(asked.SealedFor));
            Assert.That(lease.State, Is.EqualTo(LeaseState.Pending));
            Assert.That(lease.Cause, Is.EqualTo(EndCause.None));
            Assert.That(lease.CreateTime, Is.InRange(before, after));
            Assert.That(lease.IssueDeadline, Is.EqualTo(lease.CreateTime + asked.IssueTimeout));
            Assert.That(lease.SettleTime, Is.EqualTo(lease.IssueDeadline + asked.SettleMargin));
            Assert.That(lease.ExpireTime, Is.EqualTo(lease.CreateTime + asked.TimeToLive));
            Assert.That(lease.MaxExpireTime, Is.EqualTo(lease.CreateTime + asked.MaxTimeToLive));
            Assert.That(lease.EndTime, Is.Null);
            Assert.That(lease.GoneTime, Is.Null);
            Assert.That(lease.Proof + lease.Handle, Is.Empty);
            Assert.That(lease.Fence + lease.Attempts + lease.Reopened, Is.Zero);
            Assert.That(lease.TakenOver, Is.False);
            Assert.That(lease.Id.Shard, Is.EqualTo(ShardOf(Alice)));
        }

        Assert.That(await FindAsync(lease.Id), Is.EqualTo(lease));
    }

    [Test]
    public async Task Issue_deadline_is_never_later_than_the_end()
    {
        var lease = await ReserveAsync(Asked() with { TimeToLive = Unit * 100, IssueTimeout = Unit * 1_000 });

        Assert.That(lease.IssueDeadline, Is.EqualTo(lease.ExpireTime));
        Assert.That(lease.SettleTime, Is.EqualTo(lease.IssueDeadline + (Unit * 500)));
    }

    [Test]
    public async Task Hostile_text_comes_back_as_it_was()
    {
        await Store.StartTaskAsync(
            Key(), new TaskContent(Hostile, Hostile, new Dictionary<string, string> { [Hostile] = Hostile }), Unit * 5_000, None);
        var asked = Asked() with
        {
            Grant = Hostile, Engine = Hostile, Target = Hostile, Action = Hostile, Resource = Hostile, Tool = Hostile,
            Purpose = Hostile, Initiator = Hostile, DecisionId = Hostile, RequestId = Hostile, TraceParent = Hostile,
        };

        var lease = await ReserveAsync(asked);
        await Store.ActivateAsync(lease.Id, Hostile, None);
        await Store.EndAsync(lease.Id, EndCause.Operator, None);
        var claimed = (await Store.ClaimDueAsync(ShardOf(Alice), Hostile, 10, Unit * 500, None)).Single();
        await Store.MarkGoneAsync(lease.Id, claimed.Fence, Hostile, None);

        var task = await Store.FindTaskAsync(Key(), None);
        Assert.That(task!.Purpose, Is.EqualTo(Hostile));
        Assert.That(task.Initiator, Is.EqualTo(Hostile));
        Assert.That(task.Labels, Is.EquivalentTo(new Dictionary<string, string> { [Hostile] = Hostile }));
        var found = await FindAsync(lease.Id);
        Assert.That(
            new[]
            {
                found.Grant, found.Engine, found.Target, found.Action, found.Resource, found.Tool, found.Purpose, found.Initiator,
                found.DecisionId, found.RequestId, found.TraceParent, found.Handle, found.Proof,
            },
            Is.All.EqualTo(Hostile));
        await KillAsync(KillScope.Resource, Hostile);
        await AssertReservesAsync(asked, ReserveStatus.Killed);
    }

    [Test]
    public async Task Nothing_is_reserved_for_a_task_that_is_unknown_ended_or_another_workloads()
    {
        await StartAsync(Key("ended"));
        await Store.EndTaskAsync(Key("ended"), TaskOutcome.Succeeded, None);
        await StartAsync(Key("t1", Bob));

        await AssertReservesAsync(Asked(Key("nobody")), ReserveStatus.TaskNotFound);
        await AssertReservesAsync(Asked(Key("ended")), ReserveStatus.TaskEnded);
        await AssertReservesAsync(Asked(Key("t1", Alice)), ReserveStatus.TaskNotFound);
        Assert.That((await Store.ListLeasesAsync(Alice, null, 10, "", None)).Leases, Is.Empty);
    }

    [Test]
    public async Task Task_is_looked_at_before_kill_orders_and_these_before_quotas()
    {
        await ReserveAsync();
        await KillAsync(KillScope.All, "");
        var full = Asked() with { Quotas = new LeaseQuotas(1, 1, 1) };

        await AssertReservesAsync(full with { Task = Key("nobody") }, ReserveStatus.TaskNotFound);
        await AssertReservesAsync(full, ReserveStatus.Killed);
        await Store.LiftKillOrderAsync("k1", None);
        await AssertReservesAsync(full, ReserveStatus.WorkloadQuota);
        await AssertReservesAsync(full with { Quotas = new LeaseQuotas(0, 1, 1) }, ReserveStatus.TaskQuota);
    }

    [Test]
    public async Task Crashed_reservation_is_due_at_its_settle_time_and_ended_at_its_issue_deadline()
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit * 2, SettleMargin = Unit * Ample });
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(lease.IssueDeadline + Unit);
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(lease.SettleTime);

        var claimed = await ClaimAsync(lease.Id);

        AssertEnded(claimed, EndCause.Abandoned, lease.IssueDeadline);
        Assert.That(claimed.SettleTime, Is.EqualTo(lease.SettleTime));
        Assert.That((await Store.MarkGoneAsync(lease.Id, claimed.Fence, "never made", None)).Status, Is.EqualTo(MarkGoneStatus.Marked));
    }

    [Test]
    public async Task Repeated_request_replaces_the_lease_before()
    {
        var first = await ActivateAsync(Asked() with { RequestId = "r" });
        var before = await NowAsync();

        var second = await Store.ReserveAsync(Asked() with { RequestId = "r" }, None);
        var after = await NowAsync();

        Assert.That(second.Status, Is.EqualTo(ReserveStatus.Reserved));
        Assert.That(second.Replaced!.Id, Is.EqualTo(first.Id));
        Assert.That(second.Lease!.Id, Is.Not.EqualTo(first.Id));
        AssertEnded(second.Replaced, EndCause.Replaced, before, after);
        AssertEnded(await FindAsync(first.Id), EndCause.Replaced, before, after);
        await ClaimAsync(first.Id);
    }

    [Test]
    public async Task Replaced_reservation_cannot_become_active_and_is_due_when_its_issuer_says_so()
    {
        var first = await ReserveAsync(Asked() with { RequestId = "r" });
        await ReserveAsync(Asked() with { RequestId = "r" });
        await AssertNotDueAsync(first.Id);

        var late = await Store.ActivateAsync(first.Id, "oid=8", None);

        Assert.That(late.Status, Is.EqualTo(ActivateStatus.Refused));
        Assert.That(late.Lease!.Cause, Is.EqualTo(EndCause.Replaced));
        await ClaimAsync(first.Id);
    }

    [Test]
    public async Task Lease_that_had_ended_is_not_replaced_and_its_cause_stands()
    {
        var ended = await EndedAsync(Asked() with { RequestId = "r" });

        var next = await Store.ReserveAsync(Asked() with { RequestId = "r" }, None);

        Assert.That(next.Status, Is.EqualTo(ReserveStatus.Reserved));
        Assert.That(next.Replaced, Is.Null);
        Assert.That((await FindAsync(ended.Id)).Cause, Is.EqualTo(EndCause.Returned));
    }

    [TestCase("other", "t1", false)]
    [TestCase("r", "t2", false)]
    [TestCase("r", "t1", true)]
    [TestCase("", "t1", false)]
    public async Task Another_request_task_or_owner_replaces_nothing(string request, string task, bool byBob)
    {
        var first = await ActivateAsync(Asked() with { RequestId = request.Length == 0 ? "" : "r" });

        await ReserveAsync(Asked(Key(task, byBob ? Bob : Alice)) with { RequestId = request });

        Assert.That((await FindAsync(first.Id)).State, Is.EqualTo(LeaseState.Active));
    }

    [Test]
    public async Task Replaced_lease_does_not_count_against_the_quotas()
    {
        var asked = Asked() with { RequestId = "r", Quotas = new LeaseQuotas(1, 1, 0) };
        await ActivateAsync(asked);

        await AssertReservesAsync(asked, ReserveStatus.Reserved);
        await AssertReservesAsync(asked with { RequestId = "s" }, ReserveStatus.WorkloadQuota);
    }

    [Test]
    public async Task Refused_repetition_leaves_the_lease_before_as_it_is()
    {
        var first = await ActivateAsync(Asked() with { RequestId = "r" });
        await ReserveAsync();
        var revision = await RevisionAsync();

        await AssertReservesAsync(Asked() with { RequestId = "r", Quotas = new LeaseQuotas(1, 0, 0) }, ReserveStatus.WorkloadQuota);

        Assert.That((await FindAsync(first.Id)).State, Is.EqualTo(LeaseState.Active));
        Assert.That(await RevisionAsync(), Is.EqualTo(revision));
    }
}
