using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Claims, what may be done with one, and the way to Revoked.</summary>
internal abstract partial class LeaseStoreContract
{
    [Test]
    public async Task Claim_makes_the_lease_not_due_and_counts_the_attempt()
    {
        var ended = await EndedAsync();

        var claimed = await ClaimAsync(ended.Id);

        Assert.That(claimed, Is.EqualTo(ended with { Fence = claimed.Fence, Attempts = 1 }));
        Assert.That(claimed.Fence, Is.GreaterThan(ended.Fence));
        Assert.That(await FindAsync(ended.Id), Is.EqualTo(claimed));
        await AssertNotDueAsync(ended.Id);
        Assert.That(await ClaimDueAsync(), Is.Empty);
    }

    [Test]
    public async Task Due_leases_of_one_target_are_claimed_the_oldest_first_and_no_more_than_asked_for()
    {
        var ids = new List<LeaseId>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add((await EndedAsync()).Id);
            await PassAsync(1);
        }

        await EndedAsync(Asked() with { Target = "other-db" });
        await ActivateAsync();
        await EndedAsync(Asked() with { Target = "ORDERS-DB" });

        var first = await ClaimDueAsync(max: 2);
        var second = await ClaimDueAsync(max: 2);

        Assert.That(first.Select(lease => lease.Id), Is.EqualTo(ids.Take(2)));
        Assert.That(second.Select(lease => lease.Id), Is.EqualTo(ids.Skip(2)));
        Assert.That(first.Concat(second).Select(lease => (lease.Attempts, lease.State)), Is.All.EqualTo((1, LeaseState.Revoking)));
    }

    [Test]
    public async Task Expired_and_abandoned_leases_are_claimed_with_their_cause()
    {
        var expired = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        var abandoned = await ReserveAsync(Asked() with { IssueTimeout = Unit, SettleMargin = Unit });
        await ReachAsync(expired.ExpireTime);
        await ReachAsync(abandoned.SettleTime);

        var claimed = await ClaimDueAsync();

        Assert.That(claimed, Has.Count.EqualTo(2));
        AssertEnded(claimed.Single(lease => lease.Id == expired.Id), EndCause.Expired, expired.ExpireTime);
        AssertEnded(claimed.Single(lease => lease.Id == abandoned.Id), EndCause.Abandoned, abandoned.IssueDeadline);
    }

    [Test]
    public async Task Many_claimers_never_hold_the_same_lease()
    {
        for (var i = 0; i < 60; i++)
        {
            await EndedAsync();
        }

        var hands = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var mine = new List<Lease>();
            while (await ClaimDueAsync(max: 4) is { Count: > 0 } claimed)
            {
                mine.AddRange(claimed);
            }

            return mine;
        })));

        var all = hands.SelectMany(mine => mine).Select(lease => lease.Id).ToList();
        Assert.That(all, Has.Count.EqualTo(60));
        Assert.That(all, Is.Unique);
    }

    [Test]
    public async Task One_of_many_gets_the_claim_of_a_lease()
    {
        var ended = await EndedAsync();

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(
            async () => await Store.ClaimAsync(ended.Id, Unit * 1_000, None))));

        Assert.That(claims.Count(claim => claim is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task Claim_that_outlives_its_time_is_taken_over_and_its_holder_is_refused()
    {
        var ended = await EndedAsync();
        var first = await ClaimAsync(ended.Id, units: 2);
        await PassAsync(2);

        var second = (await ClaimDueAsync()).Single();

        Assert.That(second.Fence, Is.GreaterThan(first.Fence));
        Assert.That(second.Attempts, Is.EqualTo(2));
        Assert.That(first.TakenOver, Is.False);
        Assert.That(second.TakenOver, Is.True);
        Assert.That((await Store.MarkGoneAsync(ended.Id, first.Fence, "gone", None)).Status, Is.EqualTo(MarkGoneStatus.ClaimLost));
        Assert.That(await Store.PutBackAsync(ended.Id, first.Fence, Unit, stuck: false, None), Is.False);
        await Store.MarkGoneAsync(ended.Id, second.Fence, "gone", None);
        Assert.That(await Store.FinishAsync(ended.Id, first.Fence, None), Is.False);
        Assert.That((await FindAsync(ended.Id)).State, Is.EqualTo(LeaseState.Revoking));
        Assert.That(await Store.FinishAsync(ended.Id, second.Fence, None), Is.True);
    }

    [Test]
    public async Task Taken_over_is_still_known_to_the_claims_after()
    {
        var ended = await EndedAsync();
        await ClaimAsync(ended.Id, units: 1);
        await PassAsync(1);
        var second = await ClaimAsync(ended.Id);
        await Store.PutBackAsync(ended.Id, second.Fence, TimeSpan.Zero, stuck: false, None);

        Assert.That((await ClaimAsync(ended.Id)).TakenOver, Is.True);
    }

    [Test]
    public async Task Claim_whose_time_is_over_holds_until_it_is_taken_over()
    {
        var ended = await EndedAsync();
        var claimed = await ClaimAsync(ended.Id, units: 1);
        await PassAsync(2);

        Assert.That((await Store.MarkGoneAsync(ended.Id, claimed.Fence, "gone", None)).Status, Is.EqualTo(MarkGoneStatus.Marked));
        Assert.That(await Store.FinishAsync(ended.Id, claimed.Fence, None), Is.True);
    }

    [Test]
    public async Task Put_back_lease_is_due_after_its_delay_and_nobody_holds_it()
    {
        var claimed = await ClaimedAsync();

        Assert.That(await Store.PutBackAsync(claimed.Id, claimed.Fence, Unit * Ample, stuck: false, None), Is.True);
        var after = await NowAsync();

        await AssertNotDueAsync(claimed.Id);
        Assert.That((await Store.MarkGoneAsync(claimed.Id, claimed.Fence, "gone", None)).Status, Is.EqualTo(MarkGoneStatus.ClaimLost));
        Assert.That(await Store.FinishAsync(claimed.Id, claimed.Fence, None), Is.False);
        Assert.That(await Store.PutBackAsync(claimed.Id, claimed.Fence, TimeSpan.Zero, stuck: false, None), Is.False);
        await ReachAsync(after + (Unit * Ample));
        var next = await ClaimAsync(claimed.Id);
        Assert.That(next.TakenOver, Is.False);
        Assert.That(next.Attempts, Is.EqualTo(2));
    }

    [Test]
    public async Task Gone_is_noted_with_its_first_proof_and_the_lease_waits_to_be_recorded()
    {
        var claimed = await ClaimedAsync();
        var before = await NowAsync();

        var marked = await Store.MarkGoneAsync(claimed.Id, claimed.Fence, "no such role", None);
        var after = await NowAsync();
        await PassAsync(1);
        var again = await Store.MarkGoneAsync(claimed.Id, claimed.Fence, "looked again", None);

        Assert.That(marked.Status, Is.EqualTo(MarkGoneStatus.Marked));
        Assert.That(marked.Lease!.State, Is.EqualTo(LeaseState.Revoking));
        Assert.That(marked.Lease.GoneTime, Is.InRange(before, after));
        Assert.That(marked.Lease.Proof, Is.EqualTo("no such role"));
        Assert.That(again.Status, Is.EqualTo(MarkGoneStatus.Marked));
        Assert.That(again.Lease, Is.EqualTo(marked.Lease));
    }

    [Test]
    public async Task Proof_outlives_a_put_back_and_a_claim()
    {
        var claimed = await ClaimedAsync();
        var marked = await Store.MarkGoneAsync(claimed.Id, claimed.Fence, "no such role", None);
        await Store.PutBackAsync(claimed.Id, claimed.Fence, TimeSpan.Zero, stuck: false, None);

        var next = await ClaimAsync(claimed.Id);

        Assert.That(next.GoneTime, Is.EqualTo(marked.Lease!.GoneTime));
        Assert.That(next.Proof, Is.EqualTo("no such role"));
        Assert.That(await Store.FinishAsync(claimed.Id, next.Fence, None), Is.True);
    }

    [Test]
    public async Task Gone_before_the_settle_time_proves_nothing_and_puts_back()
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit * 4, SettleMargin = Unit * Ample });
        await Store.AbandonAsync(lease.Id, EndCause.IssueFailed, settled: false, None);
        var claimed = await ClaimAsync(lease.Id);

        var marked = await Store.MarkGoneAsync(lease.Id, claimed.Fence, "not there", None);

        Assert.That(marked.Status, Is.EqualTo(MarkGoneStatus.NotSettled));
        Assert.That(marked.Lease!.GoneTime, Is.Null);
        Assert.That(marked.Lease.Proof, Is.Empty);
        Assert.That(await Store.FinishAsync(lease.Id, claimed.Fence, None), Is.False);
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(lease.SettleTime);
        var next = await ClaimAsync(lease.Id);
        Assert.That(next.TakenOver, Is.False);
        Assert.That((await Store.MarkGoneAsync(lease.Id, next.Fence, "gone", None)).Status, Is.EqualTo(MarkGoneStatus.Marked));
    }

    [Test]
    public async Task Nothing_is_finished_before_it_is_marked_gone()
    {
        var claimed = await ClaimedAsync();

        Assert.That(await Store.FinishAsync(claimed.Id, claimed.Fence, None), Is.False);
        Assert.That((await FindAsync(claimed.Id)).State, Is.EqualTo(LeaseState.Revoking));
    }

    [Test]
    public async Task Finished_lease_is_revoked_and_never_due_again()
    {
        var revoked = await RevokedAsync();
        await PassAsync(1);

        Assert.That(revoked.State, Is.EqualTo(LeaseState.Revoked));
        await AssertNotDueAsync(revoked.Id);
        Assert.That(await ClaimDueAsync(), Is.Empty);
        Assert.That(await Store.FinishAsync(revoked.Id, revoked.Fence, None), Is.True);
        Assert.That(await Store.FinishAsync(revoked.Id, revoked.Fence - 1, None), Is.False);
        Assert.That((await Store.MarkGoneAsync(revoked.Id, revoked.Fence, "x", None)).Status, Is.EqualTo(MarkGoneStatus.ClaimLost));
        Assert.That(await FindAsync(revoked.Id), Is.EqualTo(revoked));
    }

    private async Task<IReadOnlyList<Lease>> ClaimDueAsync(int max = 100, string target = Orders) =>
        await Store.ClaimDueAsync(ShardOf(Alice), target, max, Unit * 1_000, None);
}
