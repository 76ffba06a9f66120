using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Pages of leases, and the deny list.</summary>
internal abstract partial class LeaseStoreContract
{
    private IDenyList DenyList => (IDenyList)Store;

    [Test]
    public async Task Own_leases_are_listed_newest_first()
    {
        var revoked = await RevokedAsync();
        await PassAsync(1);
        var pending = await ReserveAsync(Asked(Key("t2")));
        await PassAsync(1);
        var active = await ActivateAsync();
        await ActivateAsync(Asked(Key("t1", Bob)));

        var all = await Store.ListLeasesAsync(Alice, null, 10, "", None);
        var ofTask = await Store.ListLeasesAsync(Alice, new TaskId("t1"), 10, "", None);

        Assert.That(all.Leases, Is.EqualTo(new[] { active, pending, revoked }));
        Assert.That(all.NextPageToken, Is.Empty);
        Assert.That(ofTask.Leases, Is.EqualTo(new[] { active, revoked }));
        Assert.That((await Store.ListLeasesAsync(Alice, new TaskId("t3"), 10, "", None)).Leases, Is.Empty);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Pages_neither_repeat_nor_leave_out_while_leases_come_and_go(bool ofTask)
    {
        var ids = new List<LeaseId>();
        for (var i = 0; i < 10; i++)
        {
            ids.Add((await ReserveAsync()).Id);
        }

        var task = ofTask ? new TaskId("t1") : (TaskId?)null;
        var seen = new List<Lease>();
        var token = "";
        do
        {
            var page = await Store.ListLeasesAsync(Alice, task, 3, token, None);
            Assert.That(page.Leases, Has.Count.LessThanOrEqualTo(3));
            seen.AddRange(page.Leases);
            token = page.NextPageToken;
            Assert.That(token.Length == 0 || LeasePageToken.TryParse(token, out _), Is.True);
            await PassAsync(1);
            await ReserveAsync();
            await Store.EndAsync(page.Leases[^1].Id, EndCause.Operator, None);
        }
        while (token.Length > 0);

        Assert.That(seen.Select(lease => lease.Id), Is.EquivalentTo(ids));
        Assert.That(seen.Select(lease => lease.CreateTime), Is.Ordered.Descending);
    }

    [Test]
    public async Task Page_token_outlives_the_lease_it_names()
    {
        var older = await RevokedAsync();
        await PassAsync(1);
        var newer = await ReserveAsync();
        var gone = LeasePageToken.After(newer) with { Id = LeaseId.New(ShardOf(Alice)) };

        var page = await Store.ListLeasesAsync(Alice, null, 10, (gone with { CreateTime = gone.CreateTime - 1 }).ToString(), None);

        Assert.That(page.Leases, Is.EqualTo(new[] { older }));
    }

    [Test]
    public void Page_token_of_another_making_is_an_error_of_the_caller() =>
        Assert.That(async () => await Store.ListLeasesAsync(Alice, null, 10, "1;--", None), Throws.ArgumentException);

    [Test]
    public async Task Page_that_is_just_full_is_the_last()
    {
        await ReserveAsync();
        await ReserveAsync();

        Assert.That((await Store.ListLeasesAsync(Alice, null, 2, "", None)).NextPageToken, Is.Empty);
        Assert.That((await Store.ListLeasesAsync(new WorkloadId("spiffe://example.org/x"), null, 2, "", None)).Leases, Is.Empty);
    }

    [Test]
    public async Task Denied_lease_is_listed_until_its_time_is_over()
    {
        var now = await NowAsync();
        var brief = LeaseId.New(0);
        var longer = LeaseId.New(0);

        await DenyList.AddAsync("api", brief, now + (Unit * Ample), None);
        await DenyList.AddAsync("api", longer, now + (Unit * 2_000), None);
        var both = await DenyList.ReadAsync("api", None);

        Assert.That(both.Entries.Select(entry => entry.Lease), Is.EquivalentTo(new[] { brief, longer }));
        Assert.That(both.Entries.Select(entry => entry.RevokeTime), Is.All.InRange(now, await NowAsync()));
        Assert.That(both.Entries.Single(entry => entry.Lease == brief).Until, Is.EqualTo(now + (Unit * Ample)));
        Assert.That(await DenyList.FindAsync("api", brief, None), Is.EqualTo(both.Entries.Single(entry => entry.Lease == brief)));
        await ReachAsync(now + (Unit * Ample));
        Assert.That((await DenyList.ReadAsync("api", None)).Entries.Single().Lease, Is.EqualTo(longer));
        Assert.That(await DenyList.FindAsync("api", brief, None), Is.Null);
        Assert.That(await DenyList.ReadVersionAsync("api", None), Is.EqualTo(both.Version));
    }

    [Test]
    public async Task Version_of_a_deny_list_grows_with_each_entry_and_with_nothing_else()
    {
        var until = await NowAsync() + (Unit * 2_000);
        var first = LeaseId.New(0);
        Assert.That(await DenyList.ReadVersionAsync("api", None), Is.Zero);

        await DenyList.AddAsync("api", first, until, None);
        var one = await DenyList.ReadAsync("api", None);
        await PassAsync(1);
        await DenyList.AddAsync("api", first, until + Unit, None);
        await DenyList.AddAsync("other", first, until, None);
        await DenyList.AddAsync("api", LeaseId.New(0), await NowAsync(), None);
        var still = await DenyList.ReadAsync("api", None);
        await DenyList.AddAsync("api", LeaseId.New(0), until, None);

        Assert.That(still.Version, Is.EqualTo(one.Version));
        Assert.That(still.Entries, Is.EqualTo(one.Entries));
        Assert.That(await DenyList.ReadVersionAsync("api", None), Is.GreaterThan(one.Version));
        Assert.That((await DenyList.ReadAsync("other", None)).Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Empty_deny_list_is_empty()
    {
        Assert.That((await DenyList.ReadAsync("api", None)).Entries, Is.Empty);
        Assert.That(await DenyList.FindAsync("api", LeaseId.New(0), None), Is.Null);
    }

    [Test]
    public async Task Store_that_is_set_up_well_has_nothing_to_refuse() =>
        Assert.That((await Store.CheckAsync(None)).Where(finding => finding.Refuse), Is.Empty);
}
