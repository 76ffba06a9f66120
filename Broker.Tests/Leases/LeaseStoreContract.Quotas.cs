using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>Quotas are exact, also under many hands.</summary>
internal abstract partial class LeaseStoreContract
{
    [Test]
    public async Task Lease_counts_against_the_workload_until_it_is_revoked()
    {
        var asked = Asked() with { Quotas = new LeaseQuotas(2, 0, 0) };
        var first = await ActivateAsync(asked);
        await ReserveAsync(asked with { Task = Key("t2") });
        await AssertReservesAsync(asked, ReserveStatus.WorkloadQuota);

        await Store.EndAsync(first.Id, EndCause.Returned, None);
        await AssertReservesAsync(asked, ReserveStatus.WorkloadQuota);
        await RevokeAsync(first.Id);

        await AssertReservesAsync(asked, ReserveStatus.Reserved);
        await AssertReservesAsync(asked, ReserveStatus.WorkloadQuota);
        await ReserveAsync(Asked(Key("t1", Bob)) with { Quotas = asked.Quotas });
    }

    [Test]
    public async Task Lease_counts_against_its_task_until_it_is_revoked()
    {
        var asked = Asked() with { Quotas = new LeaseQuotas(0, 1, 0) };
        var first = await EndedAsync(asked);
        await AssertReservesAsync(asked, ReserveStatus.TaskQuota);
        await ReserveAsync(asked with { Task = Key("t2") });

        await RevokeAsync(first.Id);

        await AssertReservesAsync(asked, ReserveStatus.Reserved);
    }

    [Test]
    public async Task Lease_that_is_opened_again_counts_again()
    {
        var asked = Asked() with { Quotas = new LeaseQuotas(1, 1, 0) };
        var lease = await RevokedAsync(asked);

        // A workload without live leases may be forgotten; those of its leases that are kept may still come back.
        await PassAsync(2);
        Assert.That(await PurgeAsync(), Is.Zero);

        await Store.ActivateAsync(lease.Id, "oid=9", None);

        await AssertReservesAsync(asked, ReserveStatus.WorkloadQuota);
        await AssertReservesAsync(asked with { Quotas = new LeaseQuotas(0, 1, 0) }, ReserveStatus.TaskQuota);
        await RevokeAsync(lease.Id);
        await AssertReservesAsync(asked, ReserveStatus.Reserved);
    }

    [Test]
    public async Task Fifty_at_once_get_exactly_what_the_quotas_allow()
    {
        await StartAsync(Key("t1"));
        await StartAsync(Key("t2"));
        var asked = Asked() with { Quotas = new LeaseQuotas(12, 7, 0) };

        var results = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => Task.Run(
                async () => await Store.ReserveAsync(asked with { Task = Key(i % 2 == 0 ? "t1" : "t2") }, None))));

        Assert.That(results.Count(result => result.Status == ReserveStatus.Reserved), Is.EqualTo(12));
        var leases = (await Store.ListLeasesAsync(Alice, null, 100, "", None)).Leases;
        Assert.That(leases, Has.Count.EqualTo(12));
        Assert.That(leases.Count(lease => lease.Task == Key("t1")), Is.InRange(5, 7));
    }

    [Test]
    public async Task Hundred_at_once_with_one_request_leave_one_that_has_not_ended()
    {
        await StartAsync();
        var asked = Asked() with { RequestId = "r" };

        var results = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
            {
                var reserved = await Store.ReserveAsync(asked, None);
                await Store.ActivateAsync(reserved.Lease!.Id, "", None);
                return reserved;
            })));

        Assert.That(results.Select(result => result.Lease!.Id).Distinct().Count(), Is.EqualTo(100));
        Assert.That(results.Count(result => result.Replaced is not null), Is.EqualTo(99));
        var leases = await Store.ListTaskLeasesAsync(Key(), None);
        Assert.That(leases, Has.Count.EqualTo(100));
        Assert.That(leases.Count(lease => lease.State == LeaseState.Active), Is.EqualTo(1));
        Assert.That(leases.Count(lease => lease.Cause == EndCause.Replaced), Is.EqualTo(99));
    }

    [Test]
    public async Task Rate_is_a_bucket_that_is_full_at_first()
    {
        await StartAsync();
        await StartAsync(Key("t1", Bob));
        var asked = Asked() with { Quotas = new LeaseQuotas(0, 0, 3) };

        for (var i = 0; i < 3; i++)
        {
            await AssertReservesAsync(asked, ReserveStatus.Reserved);
        }

        await AssertReservesAsync(asked, ReserveStatus.RateLimit);
        await AssertReservesAsync(asked with { Quotas = NoQuotas }, ReserveStatus.Reserved);
        await AssertReservesAsync(asked, ReserveStatus.RateLimit);
        await AssertReservesAsync(asked with { Task = Key("t1", Bob) }, ReserveStatus.Reserved);
    }

    [Test]
    public async Task Rate_fills_again_with_time()
    {
        await StartAsync();
        // Large enough that one comes back in a few milliseconds, small enough to be emptied.
        var asked = Asked() with { Quotas = new LeaseQuotas(0, 0, 60_000 / (int)Math.Min(Unit.TotalMilliseconds, 60_000)) };
        var spent = 0;
        while ((await Store.ReserveAsync(asked, None)).Status == ReserveStatus.Reserved)
        {
            spent++;
        }

        Assert.That(spent, Is.GreaterThanOrEqualTo(asked.Quotas.IssuesPerMinute));
        await PassAsync(1);

        await AssertReservesAsync(asked, ReserveStatus.Reserved);
    }

    [Test]
    public async Task Refused_reservation_spends_nothing_of_the_rate()
    {
        await ReserveAsync();
        var asked = Asked() with { Quotas = new LeaseQuotas(1, 0, 1) };

        await AssertReservesAsync(asked, ReserveStatus.WorkloadQuota);
        await AssertReservesAsync(asked, ReserveStatus.WorkloadQuota);

        await AssertReservesAsync(asked with { Quotas = new LeaseQuotas(0, 0, 1) }, ReserveStatus.Reserved);
        await AssertReservesAsync(asked with { Quotas = new LeaseQuotas(0, 0, 1) }, ReserveStatus.RateLimit);
    }
}
