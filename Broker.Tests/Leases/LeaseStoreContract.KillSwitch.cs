using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Kill orders, and ending what they cover.</summary>
internal abstract partial class LeaseStoreContract
{
    private static readonly TestCaseData<KillScope, string>[] CoveringScopes =
    [
        new(KillScope.All, ""),
        new(KillScope.Workload, "spiffe://example.org/agents/alice"),
        new(KillScope.Task, "spiffe://example.org/agents/alice t1"),
        new(KillScope.Initiator, "carol@example.org"),
        new(KillScope.Grant, "orders-read"),
        new(KillScope.Engine, "postgres"),
        new(KillScope.Target, "orders-db"),
        new(KillScope.Resource, "orders/invoices"),
        new(KillScope.Resource, "orders"),
    ];

    [TestCaseSource(nameof(CoveringScopes))]
    public async Task Kill_order_stops_reserving_activating_and_renewing_until_it_is_lifted(KillScope scope, string value)
    {
        var pending = await ReserveAsync();
        var active = await ActivateAsync();
        var before = await NowAsync();

        await KillAsync(scope, value);

        var reserved = await Store.ReserveAsync(Asked(), None);
        Assert.That((reserved.Status, reserved.KillOrder), Is.EqualTo((ReserveStatus.Killed, "k1")));
        Assert.That((await RenewAsync(active.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.NotActive));
        Assert.That(await FindAsync(active.Id), Is.EqualTo(active));
        var refused = await Store.ActivateAsync(pending.Id, "oid=7", None);
        Assert.That(refused.Status, Is.EqualTo(ActivateStatus.Refused));
        AssertEnded(refused.Lease, EndCause.Killed, before, await NowAsync());
        var repeated = await Store.ActivateAsync(active.Id, "oid=7", None);
        Assert.That(repeated.Status, Is.EqualTo(ActivateStatus.Refused));
        Assert.That(repeated.Lease!.Cause, Is.EqualTo(EndCause.Killed));
        await ClaimAsync(pending.Id);
        await ClaimAsync(active.Id);

        Assert.That(await Store.LiftKillOrderAsync("k1", None), Is.True);
        await ActivateAsync();
    }

    [TestCase(KillScope.Workload, "spiffe://example.org/agents/bob")]
    [TestCase(KillScope.Workload, "spiffe://example.org/agents")]
    [TestCase(KillScope.Task, "spiffe://example.org/agents/bob t1")]
    [TestCase(KillScope.Task, "t1")]
    [TestCase(KillScope.Initiator, "")]
    [TestCase(KillScope.Grant, "ORDERS-READ")]
    [TestCase(KillScope.Grant, "postgres")]
    [TestCase(KillScope.Resource, "orders/%")]
    [TestCase(KillScope.Resource, "orders/")]
    [TestCase(KillScope.Resource, "orders/inv")]
    [TestCase(KillScope.Resource, "orders/invoices/2026")]
    [TestCase(KillScope.Resource, "order")]
    public async Task Kill_order_stops_nothing_else(KillScope scope, string value)
    {
        await KillAsync(scope, value);

        var active = await ActivateAsync();

        Assert.That((await RenewAsync(active.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.Renewed));
        Assert.That(await EndAllMatchingAsync(new KillSelector(scope, value)), Is.Empty);
    }

    [Test]
    public async Task Kill_order_is_known_in_every_shard()
    {
        await KillAsync(KillScope.Grant, "orders-read");

        for (var i = 0; i < 40; i++)
        {
            var task = Key("t1", new WorkloadId($"spiffe://example.org/agents/{i}"));
            await StartAsync(task);
            await AssertReservesAsync(Asked(task), ReserveStatus.Killed);
        }
    }

    [Test]
    public async Task Kill_orders_are_listed_oldest_first_as_they_were_given()
    {
        var before = await NowAsync();
        var first = await KillAsync(KillScope.Target, Hostile, "k1");
        Assert.That(first.CreateTime, Is.InRange(before, await NowAsync()));
        await PassAsync(1);
        var second = await KillAsync(KillScope.All, "", "k0");

        Assert.That(await Store.ListKillOrdersAsync(None), Is.EqualTo(new[] { first, second }));
        Assert.That(first.Selector.Value, Is.EqualTo(Hostile));
        Assert.That((first.Reason, first.Actor), Is.EqualTo(("incident 12", "spiffe://example.org/ops/dave")));
    }

    [Test]
    public async Task Kill_order_given_again_stands_as_it_was()
    {
        var first = await KillAsync(KillScope.Grant, "orders-read");
        await PassAsync(1);

        var again = await KillAsync(KillScope.All, "");

        Assert.That(again, Is.EqualTo(first));
        Assert.That(await Store.ListKillOrdersAsync(None), Is.EqualTo(new[] { first }));
    }

    [Test]
    public async Task Lifting_one_of_two_orders_leaves_the_other()
    {
        await KillAsync(KillScope.Grant, "orders-read", "k1");
        await KillAsync(KillScope.Grant, "orders-read", "k2");
        await StartAsync();

        Assert.That(await Store.LiftKillOrderAsync("k1", None), Is.True);
        Assert.That(await Store.LiftKillOrderAsync("k1", None), Is.False);

        Assert.That((await Store.ReserveAsync(Asked(), None)).KillOrder, Is.EqualTo("k2"));
    }

    [Test]
    public async Task Killed_resource_takes_all_that_lies_beneath_it_along()
    {
        var deep = Asked() with { Resource = "a/b//c/d" };
        var lease = await ActivateAsync(deep);
        foreach (var above in new[] { "a", "a/b", "a/b/", "a/b//c", "a/b//c/d" })
        {
            await KillAsync(KillScope.Resource, above, above);

            var refused = await Store.ReserveAsync(deep, None);
            Assert.That((refused.Status, refused.KillOrder), Is.EqualTo((ReserveStatus.Killed, above)));
            await Store.LiftKillOrderAsync(above, None);
        }

        Assert.That(
            (await EndAllMatchingAsync(new KillSelector(KillScope.Resource, "a/b"))).Select(one => one.Id), Is.EqualTo(new[] { lease.Id }));
    }

    [Test]
    public async Task Order_that_stands_is_spread_and_one_that_was_lifted_is_not_brought_back()
    {
        var order = await KillAsync(KillScope.Grant, "orders-read");
        await StartAsync();

        Assert.That(await Store.SpreadKillOrderAsync(order, None), Is.True);
        await AssertReservesAsync(Asked(), ReserveStatus.Killed);
        await Store.LiftKillOrderAsync(order.Id, None);
        Assert.That(await Store.SpreadKillOrderAsync(order, None), Is.False);

        Assert.That(await Store.ListKillOrdersAsync(None), Is.Empty);
        await AssertReservesAsync(Asked(), ReserveStatus.Reserved);
    }

    [Test]
    public async Task First_proposal_to_lift_an_order_stands_and_goes_with_it()
    {
        await KillAsync(KillScope.Grant, "orders-read");
        var before = await NowAsync();

        var proposed = await Store.ProposeKillLiftAsync("k1", "spiffe://example.org/ops/erin", None);
        var again = await Store.ProposeKillLiftAsync("k1", Hostile, None);

        Assert.That(proposed!.LiftProposal!.Actor, Is.EqualTo("spiffe://example.org/ops/erin"));
        Assert.That(proposed.LiftProposal.Time, Is.InRange(before, await NowAsync()));
        Assert.That(again, Is.EqualTo(proposed));
        Assert.That(await Store.ListKillOrdersAsync(None), Is.EqualTo(new[] { proposed }));
        Assert.That((await Store.ReserveAsync(Asked(), None)).Status, Is.Not.EqualTo(ReserveStatus.Reserved));
        Assert.That(await Store.ProposeKillLiftAsync("k2", "spiffe://example.org/ops/erin", None), Is.Null);
        await Store.LiftKillOrderAsync("k1", None);
        Assert.That(await Store.ListKillOrdersAsync(None), Is.Empty);
    }

    [Test]
    public async Task Order_with_an_end_stops_until_then_and_no_longer()
    {
        var active = await ActivateAsync();
        var standing = await KillAsync(KillScope.Workload, Alice.Value, lifetime: Unit * 40);

        Assert.That(standing.ExpireTime, Is.EqualTo(standing.CreateTime + (Unit * 40)));
        await AssertReservesAsync(Asked(), ReserveStatus.Killed);
        Assert.That((await RenewAsync(active.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.NotActive));
        Assert.That(await Store.ListKillOrdersAsync(None), Is.EqualTo(new[] { standing }));
        Assert.That(await Store.ListExpiredKillOrdersAsync(None), Is.Empty);
        await ReachAsync(standing.ExpireTime!.Value);

        await AssertReservesAsync(Asked(), ReserveStatus.Reserved);
        Assert.That((await RenewAsync(active.Id, Unit * 9_000)).Status, Is.EqualTo(RenewStatus.Renewed));
        Assert.That(await Store.ListKillOrdersAsync(None), Is.Empty);
        Assert.That(await Store.ListExpiredKillOrdersAsync(None), Is.EqualTo(new[] { standing }));
        Assert.That(await Store.LiftKillOrderAsync(standing.Id, None), Is.True);
        Assert.That(await Store.ListExpiredKillOrdersAsync(None), Is.Empty);
    }

    [Test]
    public async Task End_of_one_order_leaves_another_on_the_same_standing([Values] bool timedFirst)
    {
        await StartAsync();
        if (!timedFirst)
        {
            await KillAsync(KillScope.Workload, Alice.Value, "k2");
        }

        var timed = await KillAsync(KillScope.Workload, Alice.Value, lifetime: Unit * 10);
        if (timedFirst)
        {
            await KillAsync(KillScope.Workload, Alice.Value, "k2");
        }

        await ReachAsync(timed.ExpireTime!.Value);

        Assert.That((await Store.ReserveAsync(Asked(), None)).KillOrder, Is.EqualTo("k2"));
        await Store.LiftKillOrderAsync(timed.Id, None);
        await AssertReservesAsync(Asked(), ReserveStatus.Killed);
        await Store.LiftKillOrderAsync("k2", None);
        await AssertReservesAsync(Asked(), ReserveStatus.Reserved);
    }

    [Test]
    public async Task Order_with_an_end_is_spread_with_it()
    {
        var standing = await KillAsync(KillScope.Workload, Alice.Value, lifetime: Unit * 40);

        Assert.That(await Store.SpreadKillOrderAsync(standing, None), Is.True);

        Assert.That(await Store.ListKillOrdersAsync(None), Is.EqualTo(new[] { standing }));
        await ReachAsync(standing.ExpireTime!.Value);
        await ActivateAsync();
    }

    [TestCaseSource(nameof(CoveringScopes))]
    public async Task What_a_selector_covers_is_ended_as_killed(KillScope scope, string value)
    {
        var pending = await ReserveAsync();
        var active = await ActivateAsync();
        var ended = await EndedAsync();
        await RevokedAsync();
        var other = await ActivateAsync(Asked(Key("t2", Bob)) with
        {
            Grant = "g", Engine = "e", Target = "t", Resource = "r", Initiator = "i",
        });
        var before = await NowAsync();

        var killed = await EndAllMatchingAsync(new KillSelector(scope, value));
        var after = await NowAsync();

        var expected = new List<LeaseId> { pending.Id, active.Id };
        if (scope == KillScope.All)
        {
            expected.Add(other.Id);
        }

        Assert.That(killed.Select(lease => lease.Id), Is.EquivalentTo(expected));
        foreach (var lease in killed)
        {
            AssertEnded(lease, EndCause.Killed, before, after);
            Assert.That(await FindAsync(lease.Id), Is.EqualTo(lease));
        }

        Assert.That((await FindAsync(ended.Id)).Cause, Is.EqualTo(EndCause.Returned));
        Assert.That(
            (await EndedBeforeAsync(new KillSelector(scope, value))).Select(lease => lease.Id),
            Is.EquivalentTo(expected.Append(ended.Id)),
            "those that are not revoked yet, whatever ended them");
        Assert.That((await FindAsync(other.Id)).State, Is.EqualTo(scope == KillScope.All ? LeaseState.Revoking : LeaseState.Active));
        await ClaimAsync(active.Id);
        await AssertNotDueAsync(pending.Id);
    }

    [TestCase(KillScope.Grant, "orders-read")]
    [TestCase(KillScope.Workload, "spiffe://example.org/agents/alice")]
    public async Task Pages_of_ending_cover_what_was_there_while_new_leases_come_and_old_ones_end(KillScope scope, string value)
    {
        var old = new List<Lease>();
        for (var i = 0; i < 25; i++)
        {
            old.Add(await ActivateAsync());
        }

        var selector = new KillSelector(scope, value);
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = await Store.EndMatchingAsync(ShardOf(Alice), selector, cursor, 4, None);
            Assert.That(page.Ended, Has.Count.LessThanOrEqualTo(4));
            cursor = page.NextCursor;
            await ActivateAsync(Asked() with { Grant = "another" });
            await Store.EndAsync(old[^1].Id, EndCause.Returned, None);
            Assert.That(++pages, Is.LessThan(200), "paging should come to an end");
        }
        while (cursor is not null);

        Assert.That(pages, Is.GreaterThan(3));
        foreach (var lease in old)
        {
            Assert.That((await FindAsync(lease.Id)).State, Is.EqualTo(LeaseState.Revoking));
        }
    }

    private Task<IReadOnlyList<Lease>> EndAllMatchingAsync(KillSelector selector) => WalkAsync(selector, page => page.Ended);

    private Task<IReadOnlyList<Lease>> EndedBeforeAsync(KillSelector selector) => WalkAsync(selector, page => page.EndedBefore);

    private async Task<IReadOnlyList<Lease>> WalkAsync(KillSelector selector, Func<EndPage, IReadOnlyList<Lease>> leases)
    {
        var all = new List<Lease>();
        foreach (var shard in Shards)
        {
            string? cursor = null;
            do
            {
                var page = await Store.EndMatchingAsync(shard, selector, cursor, 2, None);
                all.AddRange(leases(page));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }

        return all;
    }
}
