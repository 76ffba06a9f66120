using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>What an issuer says when its call came back: active, refused, given up; and renewing.</summary>
internal abstract partial class LeaseStoreContract
{
    [Test]
    public async Task Activated_lease_is_settled_and_lasts_until_its_end()
    {
        var reserved = await ReserveAsync();
        var before = await NowAsync();

        var result = await Store.ActivateAsync(reserved.Id, "oid=7", None);
        var after = await NowAsync();

        Assert.That(result.Status, Is.EqualTo(ActivateStatus.Activated));
        Assert.That(result.Lease!.SettleTime, Is.InRange(before, after));
        Assert.That(
            result.Lease,
            Is.EqualTo(reserved with { State = LeaseState.Active, Handle = "oid=7", SettleTime = result.Lease.SettleTime }));
        Assert.That(await FindAsync(reserved.Id), Is.EqualTo(result.Lease));
        await AssertNotDueAsync(reserved.Id);
    }

    [Test]
    public async Task Repeated_activation_changes_nothing()
    {
        var active = await ActivateAsync();
        var revision = await RevisionAsync();
        await PassAsync(1);

        var again = await Store.ActivateAsync(active.Id, active.Handle, None);

        Assert.That(again.Status, Is.EqualTo(ActivateStatus.Activated));
        Assert.That(again.Lease, Is.EqualTo(active));
        Assert.That(await FindAsync(active.Id), Is.EqualTo(active));
        Assert.That(await RevisionAsync(), Is.EqualTo(revision));
    }

    [Test]
    public async Task Unknown_lease_is_neither_activated_nor_anything_else()
    {
        var unknown = LeaseId.New(ShardOf(Alice));

        Assert.That((await Store.ActivateAsync(unknown, "", None)).Status, Is.EqualTo(ActivateStatus.NotFound));
        Assert.That((await RenewAsync(unknown, Unit)).Status, Is.EqualTo(RenewStatus.NotFound));
        Assert.That(await Store.AbandonAsync(unknown, EndCause.IssueFailed, settled: true, None), Is.Null);
        Assert.That(await Store.EndAsync(unknown, EndCause.Operator, None), Is.Null);
        Assert.That(await Store.FindLeaseAsync(unknown, None), Is.Null);
        Assert.That(await Store.ClaimAsync(unknown, Unit, None), Is.Null);
        Assert.That((await Store.MarkGoneAsync(unknown, 1, "", None)).Status, Is.EqualTo(MarkGoneStatus.ClaimLost));
        Assert.That(await Store.FinishAsync(unknown, 1, None), Is.False);
        Assert.That(await Store.PutBackAsync(unknown, 1, Unit, stuck: false, None), Is.False);
    }

    [Test]
    public async Task Activation_after_the_end_is_refused_and_the_lease_is_due_now()
    {
        var lease = await ReserveAsync();
        var ended = await Store.EndAsync(lease.Id, EndCause.Operator, None);
        await AssertNotDueAsync(lease.Id);
        await PassAsync(1);
        var before = await NowAsync();

        var late = await Store.ActivateAsync(lease.Id, "oid=7", None);

        Assert.That(late.Status, Is.EqualTo(ActivateStatus.Refused));
        AssertEnded(late.Lease, EndCause.Operator, ended!.EndTime!.Value);
        Assert.That(late.Lease!.Handle, Is.EqualTo("oid=7"));
        Assert.That(late.Lease.SettleTime, Is.InRange(before, await NowAsync()));
        Assert.That(await FindAsync(lease.Id), Is.EqualTo(late.Lease));
        await RevokeAsync(lease.Id);
    }

    [Test]
    public async Task Activation_after_the_issue_deadline_is_refused_and_the_lease_is_due_now()
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit });
        await ReachAsync(lease.IssueDeadline);
        await AssertNotDueAsync(lease.Id);

        var late = await Store.ActivateAsync(lease.Id, "oid=7", None);

        Assert.That(late.Status, Is.EqualTo(ActivateStatus.Refused));
        AssertEnded(late.Lease, EndCause.Abandoned, lease.IssueDeadline);
        await RevokeAsync(lease.Id);
    }

    [Test]
    public async Task Repeated_activation_of_a_lease_that_expired_is_refused()
    {
        var active = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await ReachAsync(active.ExpireTime);

        var late = await Store.ActivateAsync(active.Id, active.Handle, None);

        Assert.That(late.Status, Is.EqualTo(ActivateStatus.Refused));
        AssertEnded(late.Lease, EndCause.Expired, active.ExpireTime);
    }

    [Test]
    public async Task Revoked_lease_is_opened_again_by_an_issuer_that_comes_back_late()
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit, SettleMargin = Unit });
        await ReachAsync(lease.SettleTime);
        var revoked = await RevokeAsync(lease.Id);
        await PassAsync(1);
        var before = await NowAsync();

        var late = await Store.ActivateAsync(lease.Id, "oid=7", None);

        Assert.That(late.Status, Is.EqualTo(ActivateStatus.Refused));
        AssertEnded(late.Lease, EndCause.Abandoned, lease.IssueDeadline);
        Assert.That(late.Lease!.Reopened, Is.EqualTo(1));
        Assert.That(late.Lease.GoneTime, Is.Null);
        Assert.That(late.Lease.Proof, Is.Empty);
        Assert.That(late.Lease.TakenOver, Is.False);
        Assert.That(late.Lease.SettleTime, Is.InRange(before, await NowAsync()));
        Assert.That(await Store.FinishAsync(lease.Id, revoked.Fence, None), Is.False);
        Assert.That((await BacklogAsync()).Live, Is.EqualTo(1));

        var again = await RevokeAsync(lease.Id);

        Assert.That(again.State, Is.EqualTo(LeaseState.Revoked));
        Assert.That(again.Reopened, Is.EqualTo(1));
        Assert.That(again.GoneTime, Is.GreaterThan(revoked.GoneTime!.Value));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Late_issuer_makes_a_claim_and_its_proof_void(bool marked)
    {
        var lease = await ReserveAsync(Asked() with { IssueTimeout = Unit, SettleMargin = Unit });
        await ReachAsync(lease.SettleTime);
        var stale = await ClaimAsync(lease.Id);
        if (marked)
        {
            await Store.MarkGoneAsync(lease.Id, stale.Fence, "never made", None);
        }

        var late = await Store.ActivateAsync(lease.Id, "oid=7", None);

        Assert.That(late.Lease!.GoneTime, Is.Null);
        Assert.That(late.Lease.Proof, Is.Empty);
        Assert.That((await Store.MarkGoneAsync(lease.Id, stale.Fence, "x", None)).Status, Is.EqualTo(MarkGoneStatus.ClaimLost));
        Assert.That(await Store.FinishAsync(lease.Id, stale.Fence, None), Is.False);
        Assert.That(await Store.PutBackAsync(lease.Id, stale.Fence, Unit, stuck: false, None), Is.False);
        var next = await ClaimAsync(lease.Id);
        Assert.That(next.Fence, Is.GreaterThan(stale.Fence));
        Assert.That(next.TakenOver, Is.EqualTo(!marked));
        Assert.That(next.Reopened, Is.EqualTo(marked ? 1 : 0));
    }

    [Test]
    public async Task Issuer_that_gives_up_and_is_sure_makes_its_reservation_due_and_settled()
    {
        var lease = await ReserveAsync();
        var before = await NowAsync();

        var given = await Store.AbandonAsync(lease.Id, EndCause.IssueFailed, settled: true, None);
        var after = await NowAsync();

        AssertEnded(given, EndCause.IssueFailed, before, after);
        Assert.That(given!.SettleTime, Is.InRange(before, after));
        await RevokeAsync(lease.Id);
    }

    [Test]
    public async Task Issuer_that_gives_up_and_is_not_sure_makes_its_reservation_due_and_leaves_the_settle_time()
    {
        var lease = await ReserveAsync();

        var given = await Store.AbandonAsync(lease.Id, EndCause.IssueFailed, settled: false, None);

        Assert.That(given!.State, Is.EqualTo(LeaseState.Revoking));
        Assert.That(given.SettleTime, Is.EqualTo(lease.SettleTime));
        var claimed = await ClaimAsync(lease.Id);
        Assert.That((await Store.MarkGoneAsync(lease.Id, claimed.Fence, "x", None)).Status, Is.EqualTo(MarkGoneStatus.NotSettled));
        Assert.That((await Store.ActivateAsync(lease.Id, "oid=7", None)).Status, Is.EqualTo(ActivateStatus.Refused));
        await RevokeAsync(lease.Id);
    }

    [Test]
    public async Task Active_lease_that_could_not_be_handed_over_is_due_now()
    {
        var active = await ActivateAsync();

        await Store.AbandonAsync(active.Id, EndCause.Undelivered, settled: true, None);

        Assert.That((await ClaimAsync(active.Id)).Cause, Is.EqualTo(EndCause.Undelivered));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Giving_up_leaves_the_first_cause_and_makes_a_claim_void(bool settled)
    {
        var stale = await ClaimedAsync();
        await Store.MarkGoneAsync(stale.Id, stale.Fence, "no such role", None);

        var given = await Store.AbandonAsync(stale.Id, EndCause.IssueFailed, settled, None);

        Assert.That(given!.Cause, Is.EqualTo(EndCause.Returned));
        Assert.That(given.GoneTime, Is.Null);
        Assert.That(given.Reopened, Is.EqualTo(1));
        Assert.That(await Store.FinishAsync(stale.Id, stale.Fence, None), Is.False);
    }

    [Test]
    public async Task Giving_up_opens_a_revoked_lease_again()
    {
        var revoked = await RevokedAsync();

        var given = await Store.AbandonAsync(revoked.Id, EndCause.IssueFailed, settled: true, None);

        Assert.That(given!.State, Is.EqualTo(LeaseState.Revoking));
        Assert.That(given.Reopened, Is.EqualTo(1));
        Assert.That(given.Cause, Is.EqualTo(EndCause.Returned));
        await RevokeAsync(revoked.Id);
    }

    [Test]
    public async Task Giving_up_makes_the_proof_of_a_lease_that_nobody_holds_void()
    {
        var lease = await EndedAsync();
        var claimed = await ClaimAsync(lease.Id);
        await Store.MarkGoneAsync(lease.Id, claimed.Fence, "gone", None);
        await Store.PutBackAsync(lease.Id, claimed.Fence, Unit * 9_000, stuck: false, None);

        var given = await Store.AbandonAsync(lease.Id, EndCause.Undelivered, settled: true, None);

        Assert.That(given!.GoneTime, Is.Null);
        Assert.That(given.Reopened, Is.EqualTo(1));
    }

    [Test]
    public async Task Renewing_moves_the_end_but_never_past_the_maximum()
    {
        var lease = await ActivateAsync(Asked() with { TimeToLive = Unit * 100, MaxTimeToLive = Unit * 500 });
        await PassAsync(1);
        var end = await NowAsync() + (Unit * 200);

        var renewed = await Store.RenewAsync(lease.Id, end, basis: null, None);
        var capped = await RenewAsync(lease.Id, Unit * 900);
        var atMaximum = await RenewAsync(lease.Id, Unit * 900);

        Assert.That(renewed.Status, Is.EqualTo(RenewStatus.Renewed));
        Assert.That(renewed.Lease!.ExpireTime, Is.EqualTo(end));
        Assert.That(capped.Status, Is.EqualTo(RenewStatus.Renewed));
        Assert.That(capped.Lease!.ExpireTime, Is.EqualTo(lease.MaxExpireTime));
        Assert.That(atMaximum.Status, Is.EqualTo(RenewStatus.AtMaximum));
        Assert.That(await FindAsync(lease.Id), Is.EqualTo(capped.Lease));
    }

    [Test]
    public async Task Renewing_never_brings_the_end_nearer()
    {
        var lease = await ActivateAsync();
        var revision = await RevisionAsync();

        var renewed = await RenewAsync(lease.Id, Unit);

        Assert.That(renewed.Status, Is.EqualTo(RenewStatus.Renewed));
        Assert.That(await FindAsync(lease.Id), Is.EqualTo(lease));
        Assert.That(await RevisionAsync(), Is.EqualTo(revision));
    }

    [Test]
    public async Task Renewed_lease_is_due_at_its_new_end()
    {
        var lease = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        var renewed = await RenewAsync(lease.Id, Unit * 2 * Ample);
        await ReachAsync(lease.ExpireTime);
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(renewed.Lease!.ExpireTime);

        AssertEnded(await ClaimAsync(lease.Id), EndCause.Expired, renewed.Lease.ExpireTime);
    }

    [Test]
    public async Task Only_an_active_lease_is_renewed()
    {
        var pending = await ReserveAsync();
        var ended = await EndedAsync();
        var expired = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await ReachAsync(expired.ExpireTime);

        Assert.That((await RenewAsync(pending.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.NotActive));
        Assert.That((await RenewAsync(ended.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.NotActive));
        Assert.That((await RenewAsync(expired.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.NotActive));
        Assert.That(await FindAsync(pending.Id), Is.EqualTo(pending));
        Assert.That(await FindAsync(expired.Id), Is.EqualTo(expired));
    }
}
