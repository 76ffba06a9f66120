using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>What asking policy again needs: every live lease with what it was allowed on, and an operator's confirmation.</summary>
internal abstract partial class LeaseStoreContract
{
    private static readonly DecisionBasis Known = new()
    {
        Method = AuthenticationMethod.OidcToken,
        Possession = Possession.Dpop,
        Groups = ["agents", "night \"shift\""],
        Attributes = new Dictionary<string, string> { ["team"] = "payments", ["note"] = Hostile },
        ProofExpireTime = new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero),
        SourceAddress = "10.1.2.3",
        PolicyHash = new string('a', 64),
    };

    [Test]
    public async Task Live_leases_of_all_owners_are_listed_with_what_they_were_allowed_on()
    {
        var pending = await ReserveAsync(Asked() with { Basis = Known });
        var active = await ActivateAsync(Asked(Key(owner: Bob)) with { Basis = Known with { PolicyHash = "b" } });
        await EndedAsync(Asked() with { Basis = Known });
        await RevokedAsync(Asked() with { Basis = Known });

        var live = await ListLiveAsync();

        Assert.That(live.Select(one => one.Lease), Is.EquivalentTo(new[] { pending, active }));
        AssertKnown(live.Single(one => one.Lease.Id == pending.Id).Basis);
        Assert.That(live.Single(one => one.Lease.Id == active.Id).Basis!.PolicyHash, Is.EqualTo("b"));
    }

    [Test]
    public async Task Renewal_brings_what_the_lease_is_allowed_on_from_then_on()
    {
        var lease = await ActivateAsync(Asked() with { Basis = Known with { Groups = ["before"] } });

        var renewed = await RenewAsync(lease.Id, Unit * 3_000, Known);

        AssertKnown((await ListLiveAsync()).Single().Basis);
        Assert.That(await FindAsync(lease.Id), Is.EqualTo(renewed.Lease));
    }

    [Test]
    public async Task Renewal_without_a_basis_or_with_one_too_large_or_one_that_is_refused_leaves_what_it_was()
    {
        var lease = await ActivateAsync(Asked() with { Basis = Known });
        var large = Known with { Groups = [new string('g', DecisionBasis.MaxBytes)] };

        await RenewAsync(lease.Id, Unit * 3_000);
        await RenewAsync(lease.Id, Unit * 3_100, large);
        await KillAsync(KillScope.Grant, "orders-read");
        Assert.That((await RenewAsync(lease.Id, Unit * 3_200, Known with { PolicyHash = "x" })).Status, Is.EqualTo(RenewStatus.NotActive));

        AssertKnown((await ListLiveAsync()).Single().Basis);
    }

    [Test]
    public async Task Lease_whose_basis_is_unknown_or_too_large_is_listed_without_one()
    {
        await ActivateAsync();
        await ActivateAsync(Asked() with { Basis = Known with { Groups = [new string('g', DecisionBasis.MaxBytes)] } });

        var live = await ListLiveAsync();

        Assert.That(live.Select(one => one.Basis), Is.EqualTo(new DecisionBasis?[] { null, null }));
    }

    [Test]
    public async Task Pages_of_live_leases_have_what_was_there_while_new_ones_come_and_old_ones_go()
    {
        var old = new List<Lease>();
        for (var i = 0; i < 25; i++)
        {
            old.Add(await ActivateAsync());
        }

        var seen = new List<LeaseId>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = await Store.ListLiveAsync(ShardOf(Alice), cursor, 4, None);
            Assert.That(page.Leases, Has.Count.LessThanOrEqualTo(4));
            seen.AddRange(page.Leases.Select(one => one.Lease.Id));
            cursor = page.NextCursor;
            await ActivateAsync();
            await Store.EndAsync(old[24].Id, EndCause.Returned, None);
            Assert.That(++pages, Is.LessThan(200), "paging should come to an end");
        }
        while (cursor is not null);

        Assert.That(pages, Is.GreaterThan(3));
        Assert.That(seen, Is.SupersetOf(old.Take(24).Select(lease => lease.Id)).And.Unique);
    }

    [Test]
    public async Task Last_confirmation_stands_in_place_of_the_one_before()
    {
        Assert.That(await Store.FindRecheckConfirmationAsync(None), Is.Null);
        var before = await NowAsync();

        var first = await Store.ConfirmRecheckAsync("h1", "spiffe://example.org/ops/dave", None);

        Assert.That(first, Is.EqualTo(new RecheckConfirmation("h1", "spiffe://example.org/ops/dave", first.Time)));
        Assert.That(first.Time, Is.InRange(before, await NowAsync()));
        Assert.That(await Store.FindRecheckConfirmationAsync(None), Is.EqualTo(first));

        var second = await Store.ConfirmRecheckAsync("h2", Hostile, None);

        Assert.That(await Store.FindRecheckConfirmationAsync(None), Is.EqualTo(second));
        Assert.That((second.PolicyHash, second.Actor), Is.EqualTo(("h2", Hostile)));
    }

    private async Task<IReadOnlyList<LiveLease>> ListLiveAsync()
    {
        var all = new List<LiveLease>();
        foreach (var shard in Shards)
        {
            string? cursor = null;
            do
            {
                var page = await Store.ListLiveAsync(shard, cursor, 2, None);
                all.AddRange(page.Leases);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }

        return all;
    }

    private static void AssertKnown(DecisionBasis? basis)
    {
        Assert.That(basis, Is.Not.Null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(basis!.Possession, Is.EqualTo(Known.Possession));
            Assert.That(basis.Groups, Is.EqualTo(Known.Groups));
            Assert.That(basis.Attributes, Is.EqualTo(Known.Attributes));
            Assert.That(
                basis with { Groups = Known.Groups, Attributes = Known.Attributes },
                Is.EqualTo(Known), "method, end of the proof, address, policies");
        }
    }
}
