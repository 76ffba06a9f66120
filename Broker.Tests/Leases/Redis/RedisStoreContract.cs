using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>The contract on a real server, whose time runs: each test has a prefix, and so a store, of its own.</summary>
internal abstract class RedisStoreContract : LeaseStoreContract
{
    private static int _stores;

    protected override TimeSpan Unit => TimeSpan.FromMilliseconds(120);

    /// <summary>StackExchange.Redis configuration of the server that the fixture started.</summary>
    protected abstract string Configuration { get; }

    protected override async Task<ILeaseStore> OpenAsync() => await RedisLeaseStore.OpenAsync(
        new RedisStoreOptions
        {
            Configuration = Configuration,
            Prefix = $"contract-{Interlocked.Increment(ref _stores)}",
            LeaseRetention = Retention,
            TaskRetention = Retention,
        },
        clock: null,
        NullLogger.Instance,
        None);

    /// <summary>The end of a task may overtake what it delegates on its way to another shard.</summary>
    [Test]
    public async Task Delegation_that_was_ended_before_it_came_stays_ended()
    {
        var drawn = await DrawAsync();
        Assert.That(await Delegations.EndDelegationAsync(drawn.Id, None), Is.True);

        var given = await Delegations.GiveDelegationAsync(drawn, 10, None);

        Assert.That((given.Status, given.Delegation), Is.EqualTo((GiveDelegationStatus.Conflict, (Delegation?)null)));
        Assert.That(await Delegations.FindDelegationAsync(drawn.Id, None), Is.Null);
        var content = new TaskContent("pay", "", new Dictionary<string, string>()) { Delegation = drawn.Id };
        Assert.That((await Store.StartTaskAsync(Key("b1", Bob), content, Unit, None)).Status, Is.EqualTo(StartTaskStatus.DelegationOver));
        Assert.That(await Delegations.UseDelegationAsync(drawn.Id, "d-1", None), Is.EqualTo(UseDelegationStatus.Over));
    }

    protected override async Task ReachAsync(DateTimeOffset instant)
    {
        while (instant - await NowAsync() is var left && left > TimeSpan.Zero)
            await Task.Delay(left);
    }
}
