using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>What a shard says of its targets, and forgetting.</summary>
internal abstract partial class LeaseStoreContract
{
    [Test]
    public async Task Empty_shard_has_no_backlog()
    {
        await StartAsync();

        foreach (var shard in Shards)
        {
            Assert.That(await Store.ReadBacklogAsync(shard, None), Is.Empty);
        }
    }

    [Test]
    public async Task Backlog_counts_what_is_live_and_due_of_each_target()
    {
        await ReserveAsync();
        await ActivateAsync();
        await RevokedAsync();
        var before = await NowAsync();
        await EndedAsync();
        var after = await NowAsync();
        await PassAsync(1);
        await EndedAsync();
        await ClaimedAsync(Asked() with { Target = "other-db" });

        var backlog = await Store.ReadBacklogAsync(ShardOf(Alice), None);

        Assert.That(backlog.Select(one => one.Target), Is.EquivalentTo(new[] { Orders, "other-db" }));
        var orders = await BacklogAsync();
        Assert.That((orders.Live, orders.Due, orders.Stuck), Is.EqualTo((4L, 2L, 0L)));
        Assert.That(orders.OldestDue, Is.InRange(before, after));
        Assert.That(await BacklogAsync("other-db"), Is.EqualTo(new TargetBacklog("other-db", 1, 0, null, 0)));
    }

    [Test]
    public async Task Expired_lease_and_outlived_claim_count_as_due_since_then()
    {
        var active = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await ReachAsync(active.ExpireTime);
        Assert.That((await BacklogAsync()).OldestDue, Is.EqualTo(active.ExpireTime));
        Assert.That((await BacklogAsync()).Due, Is.EqualTo(1));

        await ClaimAsync(active.Id, units: Ample);
        Assert.That((await BacklogAsync()).Due, Is.Zero);
        await PassAsync(Ample);

        Assert.That((await BacklogAsync()).Due, Is.EqualTo(1));
    }

    [Test]
    public async Task Stuck_lease_is_counted_until_it_is_gone()
    {
        var claimed = await ClaimedAsync();
        await Store.PutBackAsync(claimed.Id, claimed.Fence, TimeSpan.Zero, stuck: true, None);
        Assert.That((await BacklogAsync()).Stuck, Is.EqualTo(1));

        var again = await ClaimAsync(claimed.Id);
        Assert.That((await BacklogAsync()).Stuck, Is.EqualTo(1));
        await Store.PutBackAsync(claimed.Id, again.Fence, TimeSpan.Zero, stuck: true, None);
        Assert.That((await BacklogAsync()).Stuck, Is.EqualTo(1));

        var last = await ClaimAsync(claimed.Id);
        await Store.MarkGoneAsync(claimed.Id, last.Fence, "gone", None);
        Assert.That((await BacklogAsync()).Stuck, Is.Zero);
        await Store.FinishAsync(claimed.Id, last.Fence, None);
        Assert.That(await Store.ReadBacklogAsync(ShardOf(Alice), None), Is.Empty);
    }

    [Test]
    public async Task Lease_whose_revocation_failed_is_owed_since_its_end_while_it_waits()
    {
        var claimed = await ClaimedAsync();
        await EndedAsync();
        await Store.PutBackAsync(claimed.Id, claimed.Fence, Unit * 1_000, stuck: false, None);

        var backlog = await BacklogAsync();

        Assert.That((backlog.Due, backlog.Waiting, backlog.Debt), Is.EqualTo((1L, 1L, 2L)));
        Assert.That((backlog.OldestOwed, backlog.OldestDebt), Is.EqualTo((claimed.EndTime, claimed.EndTime)));
    }

    [Test]
    public async Task Lease_that_waits_is_due_at_once_when_it_is_pulled_forward()
    {
        var claimed = await ClaimedAsync();
        await Store.PutBackAsync(claimed.Id, claimed.Fence, Unit * 1_000, stuck: false, None);
        Assert.That(await Store.ClaimAsync(claimed.Id, Unit, None), Is.Null);

        var pulled = await Store.PullForwardAsync(ShardOf(Alice), Orders, 10, None);

        var backlog = await BacklogAsync();
        Assert.That((pulled, backlog.Due, backlog.Waiting), Is.EqualTo((1, 1L, 0L)));
        Assert.That(backlog.OldestDebt, Is.EqualTo(claimed.EndTime), "it is owed since its end, not since it was pulled forward");
        var again = await ClaimAsync(claimed.Id);
        Assert.That(again.Attempts, Is.EqualTo(2));
        await Store.MarkGoneAsync(claimed.Id, again.Fence, "gone", None);
        Assert.That((await BacklogAsync()).OldestOwed, Is.Null);
    }

    [Test]
    public async Task No_more_is_pulled_forward_than_asked_for_and_nothing_of_another_target()
    {
        foreach (var target in new[] { Orders, Orders, Orders, "other-db" })
        {
            var claimed = await ClaimedAsync(Asked() with { Target = target });
            await Store.PutBackAsync(claimed.Id, claimed.Fence, Unit * 1_000, stuck: false, None);
        }

        Assert.That(await Store.PullForwardAsync(ShardOf(Alice), Orders, 2, None), Is.EqualTo(2));
        Assert.That(await Store.PullForwardAsync(ShardOf(Alice), Orders, 2, None), Is.EqualTo(1));
        Assert.That(await Store.PullForwardAsync(ShardOf(Alice), Orders, 2, None), Is.Zero);
        Assert.That((await BacklogAsync("other-db")).Waiting, Is.EqualTo(1));
    }

    [Test]
    public async Task What_is_active_claimed_or_waits_for_its_settle_time_is_not_pulled_forward()
    {
        var active = await ActivateAsync();
        var claimed = await ClaimedAsync();
        var unsettled = await ReserveAsync(Asked() with { IssueTimeout = Unit, SettleMargin = Unit * 1_000 });
        await Store.AbandonAsync(unsettled.Id, EndCause.IssueFailed, settled: false, None);
        var early = await ClaimAsync(unsettled.Id);
        await Store.PutBackAsync(early.Id, early.Fence, Unit * 1_000, stuck: false, None);

        Assert.That(await Store.PullForwardAsync(ShardOf(Alice), Orders, 10, None), Is.Zero);

        Assert.That((await FindAsync(active.Id)).State, Is.EqualTo(LeaseState.Active));
        Assert.That(await Store.ClaimAsync(claimed.Id, Unit, None), Is.Null);
        Assert.That(await Store.ClaimAsync(unsettled.Id, Unit, None), Is.Null);
    }

    [Test]
    public async Task Leases_of_all_shards_are_in_their_shards_backlog()
    {
        var owners = Enumerable.Range(0, 40).Select(i => new WorkloadId($"spiffe://example.org/agents/{i}")).ToList();
        foreach (var owner in owners)
        {
            await EndedAsync(Asked(Key("t1", owner)));
        }

        foreach (var shard in Shards)
        {
            var own = owners.Count(owner => ShardOf(owner) == shard);
            var due = (await Store.ReadBacklogAsync(shard, None)).Sum(backlog => backlog.Due);
            Assert.That(due, Is.EqualTo(own));
            Assert.That(await Store.ClaimDueAsync(shard, Orders, 100, Unit, None), Has.Count.EqualTo(own));
        }
    }

    [Test]
    public async Task Revoked_lease_is_kept_for_the_retention_and_then_forgotten()
    {
        var live = await ActivateAsync();
        var revoked = await RevokedAsync();
        var after = await NowAsync();
        Assert.That(await PurgeAsync(), Is.Zero);
        Assert.That((await FindAsync(revoked.Id)).State, Is.EqualTo(LeaseState.Revoked));
        await ReachAsync(after + Retention);

        Assert.That(await PurgeAsync(), Is.EqualTo(1));

        Assert.That(await Store.FindLeaseAsync(revoked.Id, None), Is.Null);
        Assert.That((await Store.ActivateAsync(revoked.Id, "", None)).Status, Is.EqualTo(ActivateStatus.NotFound));
        var listed = await Store.ListLeasesAsync(Alice, null, 10, "", None);
        Assert.That(listed.Leases.Single().Id, Is.EqualTo(live.Id));
        Assert.That((await Store.FindTaskAsync(Key(), None))!.IsOpen, Is.True);
    }

    [Test]
    public async Task Ended_task_is_forgotten_after_the_last_of_its_leases()
    {
        var lease = await EndedAsync();
        await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None);
        await StartAsync(Key("open"));
        await StartAsync(Key("empty"));
        await Store.EndTaskAsync(Key("empty"), TaskOutcome.Failed, None);
        await ReachAsync(await NowAsync() + Retention);

        Assert.That(await PurgeAsync(), Is.EqualTo(1));
        Assert.That(await Store.FindTaskAsync(Key("empty"), None), Is.Null);
        Assert.That(await Store.FindTaskAsync(Key(), None), Is.Not.Null);

        await RevokeAsync(lease.Id);
        await ReachAsync(await NowAsync() + Retention);
        while (await PurgeAsync() > 0)
        {
        }

        Assert.That(await Store.FindTaskAsync(Key(), None), Is.Null);
        Assert.That(await Store.FindLeaseAsync(lease.Id, None), Is.Null);
        Assert.That((await Store.FindTaskAsync(Key("open"), None))!.IsOpen, Is.True);
        await StartAsync(Key());
    }

    [Test]
    public async Task No_more_is_forgotten_than_asked_for()
    {
        for (var i = 0; i < 3; i++)
        {
            await RevokedAsync();
        }

        await ReachAsync(await NowAsync() + Retention);

        Assert.That(await PurgeAsync(max: 2), Is.EqualTo(2));
        Assert.That(await PurgeAsync(max: 2), Is.EqualTo(1));
        Assert.That(await PurgeAsync(max: 2), Is.Zero);
    }

    [Test]
    public async Task Lease_that_was_opened_again_is_not_forgotten()
    {
        var revoked = await RevokedAsync();
        await Store.AbandonAsync(revoked.Id, EndCause.Undelivered, settled: true, None);
        await ReachAsync(await NowAsync() + Retention);

        Assert.That(await PurgeAsync(), Is.Zero);

        Assert.That((await FindAsync(revoked.Id)).State, Is.EqualTo(LeaseState.Revoking));
    }

    private async Task<int> PurgeAsync(int max = 100) => await Store.PurgeAsync(ShardOf(Alice), max, None);
}
