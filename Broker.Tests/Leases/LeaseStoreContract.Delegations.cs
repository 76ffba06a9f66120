using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Delegations.</summary>
internal abstract partial class LeaseStoreContract
{
    private static readonly IntentScope ReadOrders = IntentScope.Of(["read"], ["orders"]);

    protected IDelegationStore Delegations => (IDelegationStore)Store;

    [Test]
    public async Task Given_delegation_is_found_as_it_was_given()
    {
        var drawn = await DrawAsync();

        var given = await Delegations.GiveDelegationAsync(drawn, 10, None);

        Assert.That(given.Status, Is.EqualTo(GiveDelegationStatus.Given));
        var found = await Delegations.FindDelegationAsync(drawn.Id, None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(found!.Chain, Is.EqualTo(drawn.Chain).And.EqualTo(given.Delegation!.Chain));
            Assert.That(found.CreateTime, Is.EqualTo(drawn.CreateTime));
            Assert.That(found.Delegate, Is.EqualTo(Bob));
            Assert.That(found.Terms, Is.EqualTo(drawn.Terms));
            Assert.That(found.Giver!.Groups, Is.EqualTo(drawn.Giver!.Groups));
            Assert.That((found.Used, found.EndTime, found.Version), Is.EqualTo((0, (DateTimeOffset?)null, 1L)));
        }
    }

    [Test]
    public async Task Delegation_is_given_once_however_often_it_is_sent()
    {
        var drawn = await DrawAsync();
        await Delegations.GiveDelegationAsync(drawn, 1, None);

        Assert.That((await Delegations.GiveDelegationAsync(drawn, 1, None)).Status, Is.EqualTo(GiveDelegationStatus.Repeated));
        var other = drawn with { Terms = drawn.Terms with { MaxUses = 1 } };
        Assert.That((await Delegations.GiveDelegationAsync(other, 1, None)).Status, Is.EqualTo(GiveDelegationStatus.Conflict));
        Assert.That(await Delegations.ListGivenAsync(drawn.Task, None), Is.EqualTo(new[] { drawn.Id }));
    }

    [Test]
    public async Task Task_gives_no_more_delegations_than_it_may()
    {
        await GivenAsync();

        var another = await Delegations.GiveDelegationAsync(await DrawAsync(), 1, None);

        Assert.That(another.Status, Is.EqualTo(GiveDelegationStatus.TooMany));
    }

    [Test]
    public async Task Nothing_is_delegated_from_a_task_that_is_not_open()
    {
        var drawn = await DrawAsync();
        Assert.That(
            (await Delegations.GiveDelegationAsync(Of(drawn, Key("t2")), 10, None)).Status, Is.EqualTo(GiveDelegationStatus.TaskNotFound));
        await Store.EndTaskAsync(Key(), TaskOutcome.Failed, None);

        Assert.That((await Delegations.GiveDelegationAsync(drawn, 10, None)).Status, Is.EqualTo(GiveDelegationStatus.TaskEnded));
        Assert.That(await Delegations.FindDelegationAsync(drawn.Id, None), Is.Null);
    }

    [Test]
    public async Task Delegations_are_listed_for_either_side_newest_first()
    {
        var ids = new List<DelegationId>();
        for (var i = 0; i < 3; i++)
        {
            ids.Insert(0, (await GivenAsync()).Id);
            await PassAsync(1);
        }

        foreach (var (workload, given) in new[] { (Alice, true), (Bob, false) })
        {
            var first = await Delegations.ListDelegationsAsync(workload, given, 2, null, None);
            var second = await Delegations.ListDelegationsAsync(workload, given, 2, first.Next, None);
            Assert.That(first.Delegations.Concat(second.Delegations).Select(delegation => delegation.Id), Is.EqualTo(ids));
            Assert.That(second.Next, Is.Null);
            Assert.That((await Delegations.ListDelegationsAsync(workload, !given, 2, null, None)).Delegations, Is.Empty);
        }
    }

    [Test]
    public async Task Task_under_a_delegation_ends_no_later_than_it()
    {
        var delegation = await GivenAsync(units: 50);

        var task = await StartUnderAsync(delegation);

        Assert.That(task.ExpireTime, Is.EqualTo(delegation.Terms.ExpireTime));
        Assert.That(task.Delegation, Is.EqualTo(delegation.Id));
        Assert.That((await Store.FindTaskAsync(task.Key, None))!.Delegation, Is.EqualTo(delegation.Id));
        Assert.That(await Delegations.ListDelegatedTasksAsync(delegation.Id, None), Is.EqualTo(new[] { task.Key }));
        await Store.EndTaskAsync(task.Key, TaskOutcome.Succeeded, None);
        Assert.That(await Delegations.ListDelegatedTasksAsync(delegation.Id, None), Is.Empty);
    }

    [Test]
    public async Task Scope_and_delegation_belong_to_what_a_task_is()
    {
        var (one, two) = (await GivenAsync(), await GivenAsync());
        var content = new TaskContent("pay", "", new Dictionary<string, string>()) { Scope = ReadOrders, Delegation = one.Id };
        var first = await Store.StartTaskAsync(Key("b1", Bob), content, Unit * 100, None);
        Assert.That(first.Task!.Scope, Is.EqualTo(ReadOrders));

        Assert.That(await StatusAsync(content), Is.EqualTo(StartTaskStatus.Repeated));
        Assert.That(await StatusAsync(content with { Delegation = two.Id }), Is.EqualTo(StartTaskStatus.Conflict));
        Assert.That(await StatusAsync(content with { Delegation = null }), Is.EqualTo(StartTaskStatus.Conflict));
        Assert.That(await StatusAsync(content with { Scope = null }), Is.EqualTo(StartTaskStatus.Conflict));

        async Task<StartTaskStatus> StatusAsync(TaskContent other) =>
            (await Store.StartTaskAsync(Key("b1", Bob), other, Unit * 100, None)).Status;
    }

    [Test]
    public async Task No_task_is_started_under_a_delegation_that_does_not_hold()
    {
        var (ended, over) = (await GivenAsync(), await GivenAsync(units: Ample));
        Assert.That(await Delegations.EndDelegationAsync(ended.Id, None), Is.True);
        Assert.That(await Delegations.EndDelegationAsync(ended.Id, None), Is.False);
        await ReachAsync(over.Terms.ExpireTime);

        foreach (var id in new[] { ended.Id, over.Id, DelegationId.New(ShardOf(Bob)) })
        {
            var content = new TaskContent("pay", "", new Dictionary<string, string>()) { Delegation = id };
            var started = await Store.StartTaskAsync(Key("b1", Bob), content, Unit * 100, None);
            Assert.That((started.Status, started.Task), Is.EqualTo((StartTaskStatus.DelegationOver, (AgentTask?)null)));
        }

        Assert.That(await Store.FindTaskAsync(Key("b1", Bob), None), Is.Null);
    }

    [Test]
    public async Task Uses_are_as_many_as_there_are_whoever_asks_at_once()
    {
        var delegation = await GivenAsync(uses: 5);

        var uses = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            Delegations.UseDelegationAsync(delegation.Id, $"d-{i}", None).AsTask()));

        Assert.That(uses.Count(use => use == UseDelegationStatus.Used), Is.EqualTo(5));
        Assert.That(uses.Count(use => use == UseDelegationStatus.UsedUp), Is.EqualTo(15));
        Assert.That((await Delegations.FindDelegationAsync(delegation.Id, None))!.Used, Is.EqualTo(5));
    }

    [Test]
    public async Task Use_that_is_repeated_counts_once()
    {
        var delegation = await GivenAsync(uses: 1);
        await Delegations.UseDelegationAsync(delegation.Id, "d-1", None);

        Assert.That(await Delegations.UseDelegationAsync(delegation.Id, "d-1", None), Is.EqualTo(UseDelegationStatus.Used));
        Assert.That(await Delegations.UseDelegationAsync(delegation.Id, "d-2", None), Is.EqualTo(UseDelegationStatus.UsedUp));
        await Delegations.EndDelegationAsync(delegation.Id, None);
        Assert.That(await Delegations.UseDelegationAsync(delegation.Id, "d-1", None), Is.EqualTo(UseDelegationStatus.Over));
        Assert.That(
            await Delegations.UseDelegationAsync(DelegationId.New(ShardOf(Bob)), "d-1", None), Is.EqualTo(UseDelegationStatus.Over));
    }

    [Test]
    public async Task Terms_are_replaced_only_as_they_were_read()
    {
        var delegation = await GivenAsync();
        var less = delegation.Terms with { Scope = IntentScope.Of(["read"], ["orders/notes"]), MaxUses = 3, MayRephrase = false };

        var narrowed = await Delegations.NarrowDelegationAsync(delegation.Id, 1, less, None);
        var again = await Delegations.NarrowDelegationAsync(delegation.Id, 1, less, None);
        var late = await Delegations.NarrowDelegationAsync(delegation.Id, 1, less with { MaxUses = 2 }, None);

        Assert.That((narrowed.Status, narrowed.Delegation!.Terms), Is.EqualTo((NarrowDelegationStatus.Narrowed, less)));
        Assert.That((again.Status, again.Delegation!.Version), Is.EqualTo((NarrowDelegationStatus.Narrowed, 2L)));
        Assert.That((late.Status, late.Delegation!.Terms), Is.EqualTo((NarrowDelegationStatus.Changed, less)));
        await Delegations.EndDelegationAsync(delegation.Id, None);
        Assert.That(
            (await Delegations.NarrowDelegationAsync(delegation.Id, 2, less, None)).Status, Is.EqualTo(NarrowDelegationStatus.Over));
    }

    [Test]
    public async Task Ending_a_task_notes_that_what_it_delegated_is_to_be_ended()
    {
        var (one, two) = (await GivenAsync(), await GivenAsync());

        var ended = await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None);

        Assert.That(ended.Delegations, Is.EquivalentTo(new[] { one.Id, two.Id }));
        Assert.That(await ChangesAsync(), Is.EquivalentTo(new[] { Note(one), Note(two) }));
        await Delegations.FinishDelegationChangeAsync(Note(one), None);
        Assert.That(await ChangesAsync(), Is.EqualTo(new[] { Note(two) }));
        Assert.That((await Store.EndTaskAsync(Key(), TaskOutcome.Succeeded, None)).Delegations, Is.EqualTo(new[] { two.Id }));
    }

    [Test]
    public async Task Task_that_is_lost_takes_along_what_it_delegated()
    {
        await StartAsync(lifetime: Ample);
        var delegation = await GivenAsync(started: true);
        await PassAsync(Ample + 1);

        var lost = (await Store.EndLostTasksAsync(ShardOf(Alice), 10, None)).Single();

        Assert.That(lost.Delegations, Is.EqualTo(new[] { delegation.Id }));
        Assert.That(await ChangesAsync(), Is.EqualTo(new[] { Note(delegation) }));
    }

    [Test]
    public async Task End_of_one_narrowing_does_not_pass_for_that_of_another()
    {
        var delegation = await GivenAsync();
        var (one, two) = (Note(delegation) with { Narrowing = "n1" }, Note(delegation) with { Narrowing = "n2" });
        await Delegations.BeginDelegationChangeAsync(one, None);
        await Delegations.BeginDelegationChangeAsync(two, None);
        await Delegations.BeginDelegationChangeAsync(two, None);

        await Delegations.FinishDelegationChangeAsync(one, None);

        Assert.That(await ChangesAsync(), Is.EqualTo(new[] { two }));
        Assert.That(await Delegations.ListGivenAsync(delegation.Task, None), Is.EqualTo(new[] { delegation.Id }));
    }

    [Test]
    public async Task Lease_keeps_its_chain_and_ends_no_later_than_it_may()
    {
        var delegation = await GivenAsync();
        var task = await StartUnderAsync(delegation);
        var latest = await NowAsync() + (Unit * 100);

        var lease = await ReserveAsync(Asked(task.Key) with { Delegation = delegation.Chain, LatestExpireTime = latest });

        Assert.That((lease.ExpireTime, lease.MaxExpireTime), Is.EqualTo((latest, latest)));
        Assert.That((await FindAsync(lease.Id)).Delegation, Is.EqualTo(delegation.Chain));
        await AssertReservesAsync(Asked(task.Key) with { LatestExpireTime = await NowAsync() }, ReserveStatus.TooLate);
    }

    [Test]
    public async Task Capped_lease_ends_no_later_however_it_is_renewed()
    {
        var lease = await ActivateAsync();
        var until = await NowAsync() + (Unit * Ample);

        var capped = await Delegations.CapLeaseAsync(lease.Id, until, None);

        Assert.That((capped!.ExpireTime, capped.MaxExpireTime), Is.EqualTo((until, until)));
        Assert.That((await RenewAsync(lease.Id, Unit * 100)).Status, Is.EqualTo(RenewStatus.AtMaximum));
        var later = await Delegations.CapLeaseAsync(lease.Id, until + Unit, None);
        Assert.That(later!.MaxExpireTime, Is.EqualTo(until));
        await AssertNotDueAsync(lease.Id);
        await ReachAsync(until);
        Assert.That((await ClaimAsync(lease.Id)).Cause, Is.EqualTo(EndCause.Expired));
    }

    [Test]
    public async Task Ended_lease_is_not_capped()
    {
        var lease = await EndedAsync();

        var capped = await Delegations.CapLeaseAsync(lease.Id, await NowAsync(), None);

        Assert.That(capped, Is.EqualTo(lease));
        Assert.That(await Delegations.CapLeaseAsync(LeaseId.New(0), await NowAsync(), None), Is.Null);
    }

    [TestCase(KillScope.Workload)]
    [TestCase(KillScope.Task)]
    public async Task Kill_order_on_what_is_above_covers_what_is_beneath(KillScope scope)
    {
        var delegation = await GivenAsync();
        var beneath = Asked((await StartUnderAsync(delegation)).Key) with { Delegation = delegation.Chain };
        var (pending, active) = (await ReserveAsync(beneath), await ActivateAsync(beneath));
        var own = await ActivateAsync(Asked(Key()));
        var others = await ActivateAsync(Asked(Key("b9", Bob)));
        var value = scope == KillScope.Task ? $"{Alice} t1" : Alice.Value;

        await KillAsync(scope, value);

        await AssertReservesAsync(beneath, ReserveStatus.Killed);
        Assert.That((await Store.ActivateAsync(pending.Id, "", None)).Status, Is.EqualTo(ActivateStatus.Refused));
        Assert.That((await RenewAsync(active.Id, Unit * 3_000)).Status, Is.EqualTo(RenewStatus.NotActive));
        var found = new List<LeaseId>();
        foreach (var shard in Shards)
        {
            string? cursor = null;
            do
            {
                var page = await Store.EndMatchingAsync(shard, new KillSelector(scope, value), cursor, 1, None);
                found.AddRange(page.Ended.Concat(page.EndedBefore).Select(lease => lease.Id));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }

        Assert.That(found, Is.EquivalentTo(new[] { pending.Id, active.Id, own.Id }));
        Assert.That((await FindAsync(others.Id)).State, Is.EqualTo(LeaseState.Active));
    }

    [Test]
    public async Task Delegation_is_forgotten_after_its_retention_and_not_before()
    {
        var delegation = await GivenAsync(units: Ample);
        await Delegations.BeginDelegationChangeAsync(Note(delegation) with { Narrowing = "n1" }, None);
        await ReachAsync(delegation.Terms.ExpireTime);
        await PurgeAllAsync();
        var kept = await Delegations.FindDelegationAsync(delegation.Id, None);
        // Where time runs, it may have run on.
        Assert.That(kept is not null || await NowAsync() >= delegation.Terms.ExpireTime + Retention);
        await Delegations.FinishDelegationChangeAsync(Note(delegation) with { Narrowing = "n1" }, None);
        await ReachAsync(delegation.Terms.ExpireTime + Retention);

        await PurgeAllAsync();

        Assert.That(await Delegations.FindDelegationAsync(delegation.Id, None), Is.Null);
        Assert.That(await Delegations.ListGivenAsync(delegation.Task, None), Is.Empty);
        Assert.That((await Delegations.ListDelegationsAsync(Alice, given: true, 10, null, None)).Delegations, Is.Empty);
        Assert.That((await Delegations.ListDelegationsAsync(Bob, given: false, 10, null, None)).Delegations, Is.Empty);
    }

    private async Task PurgeAllAsync()
    {
        foreach (var shard in Shards)
        {
            await Store.PurgeAsync(shard, 100, None);
        }
    }

    /// <summary>From Alice's task to Bob.</summary>
    private async Task<Delegation> GivenAsync(int units = 5_000, int? uses = null, bool started = false)
    {
        var given = await Delegations.GiveDelegationAsync(await DrawAsync(units, uses, started), 10, None);
        Assert.That(given.Status, Is.EqualTo(GiveDelegationStatus.Given));
        return given.Delegation!;
    }

    protected async Task<Delegation> DrawAsync(int units = 5_000, int? uses = null, bool started = false)
    {
        if (!started && await Store.FindTaskAsync(Key(), None) is null)
        {
            await StartAsync();
        }

        var now = await NowAsync();
        return new Delegation
        {
            Chain = new DelegationChain(
                new RootIntent("pay invoices", "carol@example.org", "00"),
                [new DelegationLink(DelegationId.New(ShardOf(Bob)), Key())]),
            Delegate = Bob,
            Giver = new DecisionBasis
            {
                Method = AuthenticationMethod.JwtSvid, Groups = ["payments"], ProofExpireTime = now, PolicyHash = "",
            },
            Terms = new DelegationTerms
            {
                Scope = ReadOrders, ExpireTime = now + (Unit * units), MaxUses = uses, MoreHops = 1, MayRephrase = true,
            },
            CreateTime = now,
            Version = 1,
        };
    }

    private static Delegation Of(Delegation drawn, TaskKey task) =>
        drawn with { Chain = drawn.Chain with { Links = [new DelegationLink(drawn.Id, task)] } };

    private async Task<AgentTask> StartUnderAsync(Delegation delegation)
    {
        var content = new TaskContent("pay", "", new Dictionary<string, string>()) { Delegation = delegation.Id };
        var started = await Store.StartTaskAsync(Key("b1", Bob), content, Unit * 10_000, None);
        Assert.That(started.Status, Is.EqualTo(StartTaskStatus.Started));
        return started.Task!;
    }

    private static DelegationChangeNote Note(Delegation delegation) => new(delegation.Id, delegation.Task);

    private async Task<IReadOnlyList<DelegationChangeNote>> ChangesAsync() =>
        await Delegations.ListDelegationChangesAsync(ShardOf(Alice), 10, None);
}
