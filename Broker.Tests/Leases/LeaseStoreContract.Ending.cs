using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Ending one lease: the cause, when it ended, when it is due; and what a task is told by its revision.</summary>
internal abstract partial class LeaseStoreContract
{
    [Test]
    public async Task Ended_active_lease_is_due_at_once()
    {
        var lease = await ActivateAsync();
        var before = await NowAsync();

        var ended = await Store.EndAsync(lease.Id, EndCause.Violation, None);

        AssertEnded(ended, EndCause.Violation, before, await NowAsync());
        Assert.That(await FindAsync(lease.Id), Is.EqualTo(ended));
        await ClaimAsync(lease.Id);
    }

    [Test]
    public async Task Ended_reservation_is_due_at_its_settle_time()
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit * Ample, SettleMargin = Unit * 4 });
        var before = await NowAsync();

        var ended = await Store.EndAsync(lease.Id, EndCause.Operator, None);
        var after = await NowAsync();

        AssertEnded(ended, EndCause.Operator, before, after);
        Assert.That(ended!.SettleTime, Is.EqualTo(lease.SettleTime));
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(lease.SettleTime);
        Assert.That((await ClaimAsync(lease.Id)).Cause, Is.EqualTo(EndCause.Operator));
    }

    [Test]
    public async Task First_cause_stands_whatever_comes_later()
    {
        var lease = await ActivateAsync();
        var first = await Store.EndAsync(lease.Id, EndCause.Violation, None);
        var revision = await RevisionAsync();
        await PassAsync(1);

        Assert.That(await Store.EndAsync(lease.Id, EndCause.Operator, None), Is.EqualTo(first));
        Assert.That(await RevisionAsync(), Is.EqualTo(revision));
        var revoked = await RevokeAsync(lease.Id);
        Assert.That(await Store.EndAsync(lease.Id, EndCause.Operator, None), Is.EqualTo(revoked));
    }

    [Test]
    public async Task Expired_lease_ended_when_it_expired_whoever_ends_it()
    {
        var lease = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await ReachAsync(lease.ExpireTime);
        Assert.That(await FindAsync(lease.Id), Is.EqualTo(lease));
        await PassAsync(1);

        AssertEnded(await Store.EndAsync(lease.Id, EndCause.Operator, None), EndCause.Expired, lease.ExpireTime);
        await ClaimAsync(lease.Id);
    }

    [Test]
    public async Task Reservation_past_its_deadline_ended_then_whoever_ends_it()
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit });
        await ReachAsync(lease.IssueDeadline + Unit);

        AssertEnded(await Store.EndAsync(lease.Id, EndCause.Operator, None), EndCause.Abandoned, lease.IssueDeadline);
        await AssertNotDueAsync(lease.Id);
    }

    [Test]
    public async Task Expired_lease_of_an_ended_task_expired()
    {
        var lease = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await ReachAsync(lease.ExpireTime);

        await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None);

        AssertEnded(await FindAsync(lease.Id), EndCause.Expired, lease.ExpireTime);
    }

    [Test]
    public async Task Left_alone_lease_is_due_when_it_expires()
    {
        var lease = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(lease.ExpireTime);

        AssertEnded(await ClaimAsync(lease.Id), EndCause.Expired, lease.ExpireTime);
    }

    [Test]
    public async Task Every_step_of_a_lease_raises_the_revision_of_its_task()
    {
        var seen = new List<long> { (await StartAsync()).Revision };
        async Task NoteAsync() => seen.Add(await RevisionAsync());

        var lease = await ReserveAsync();
        await NoteAsync();
        await Store.ActivateAsync(lease.Id, "", None);
        await NoteAsync();
        await RenewAsync(lease.Id, Unit * 3_000);
        await NoteAsync();
        await Store.EndAsync(lease.Id, EndCause.Operator, None);
        await NoteAsync();
        var first = await ClaimAsync(lease.Id);
        await NoteAsync();
        await Store.PutBackAsync(lease.Id, first.Fence, TimeSpan.Zero, stuck: true, None);
        await NoteAsync();
        var second = await ClaimAsync(lease.Id);
        await NoteAsync();
        await Store.MarkGoneAsync(lease.Id, second.Fence, "gone", None);
        await NoteAsync();
        await Store.FinishAsync(lease.Id, second.Fence, None);
        await NoteAsync();
        await Store.AbandonAsync(lease.Id, EndCause.Undelivered, settled: true, None);
        await NoteAsync();
        await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None);
        await NoteAsync();

        Assert.That(seen, Is.Ordered.Ascending);
        Assert.That(seen, Is.Unique);
    }
}
