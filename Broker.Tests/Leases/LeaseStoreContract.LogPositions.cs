using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;

namespace SecretsBroker.Tests.Leases;

/// <summary>How far the store follows the audit logs, and being told what it forgot.</summary>
internal abstract partial class LeaseStoreContract
{
    private ILogPositions Positions => (ILogPositions)Store;

    [Test]
    public async Task Position_of_each_brokers_log_is_what_was_told_last()
    {
        Assert.That((await Positions.ReadPositionsAsync(None)).ByBroker, Is.Empty);

        await TellAsync("one", 7);
        await TellAsync("two", 3_000_000_000);
        await TellAsync("one", 9);

        Assert.That(
            (await Positions.ReadPositionsAsync(None)).ByBroker,
            Is.EquivalentTo(new Dictionary<string, long> { ["one"] = 9, ["two"] = 3_000_000_000 }));

        async Task TellAsync(string broker, long sequence) => Assert.That(
            await Positions.WritePositionAsync(broker, sequence, await Positions.ReadPositionsAsync(None), None), Is.True);
    }

    [Test]
    public async Task Store_that_has_less_than_was_read_is_told_nothing()
    {
        var read = await Positions.ReadPositionsAsync(None);
        Assert.That(await Positions.WritePositionAsync("one", 7, read, None), Is.True);
        Assert.That(await Positions.WritePositionAsync("one", 7, read, None), Is.True, "an answer may be lost");

        var more = read with { ByBroker = new Dictionary<string, long> { ["one"] = 8 } };
        Assert.That(await Positions.WritePositionAsync("one", 9, more, None), Is.False);
        var another = read with { ByBroker = new Dictionary<string, long> { ["one"] = 7, ["two"] = 1 } };
        Assert.That(await Positions.WritePositionAsync("one", 9, another, None), Is.False, "whoever's it is that is missing");

        Assert.That((await Positions.ReadPositionsAsync(None)).ByBroker, Is.EquivalentTo(new Dictionary<string, long> { ["one"] = 7 }));
    }

    [Test]
    public async Task Lease_is_prolonged_also_when_its_end_is_over_and_nothing_has_ended_it()
    {
        var lease = await ActivateAsync(Asked() with { TimeToLive = Unit * Ample });
        await ReachAsync(lease.ExpireTime);
        var end = lease.ExpireTime + (Unit * 1_000);

        Assert.That(await Store.ProlongAsync(lease.Id, end, None), Is.True);

        var prolonged = await FindAsync(lease.Id);
        Assert.That((prolonged.State, prolonged.ExpireTime), Is.EqualTo((LeaseState.Active, end)));
        Assert.That(await Store.ClaimAsync(lease.Id, Unit, None), Is.Null, "it is due no more");
        Assert.That(await Store.ProlongAsync(lease.Id, end, None), Is.False);
        Assert.That(await Store.ProlongAsync(lease.Id, end - Unit, None), Is.False);
    }

    [Test]
    public async Task Lease_is_not_prolonged_past_its_maximum_nor_when_it_has_ended_or_is_not_active()
    {
        var lease = await ActivateAsync();
        await Store.ProlongAsync(lease.Id, lease.MaxExpireTime + Unit, None);
        Assert.That((await FindAsync(lease.Id)).ExpireTime, Is.EqualTo(lease.MaxExpireTime));
        foreach (var other in new[] { await ReserveAsync(), await EndedAsync(), await RevokedAsync() })
        {
            Assert.That(await Store.ProlongAsync(other.Id, other.MaxExpireTime, None), Is.False);
            Assert.That(await FindAsync(other.Id), Is.EqualTo(await FindAsync(other.Id) with { ExpireTime = other.ExpireTime }));
        }

        Assert.That(await Store.ProlongAsync(LeaseId.New(ShardOf(Alice)), lease.MaxExpireTime, None), Is.False);
    }
}
