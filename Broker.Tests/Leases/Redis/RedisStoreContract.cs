using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Approvals;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using StackExchange.Redis;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>The contract on a real server, whose time runs: each test has a prefix, and so a store, of its own.</summary>
internal abstract class RedisStoreContract : LeaseStoreContract
{
    private static int _stores;

    protected override TimeSpan Unit => TimeSpan.FromMilliseconds(120);

    /// <summary>StackExchange.Redis configuration of the server that the fixture started.</summary>
    protected abstract string Configuration { get; }

    /// <summary>Of the store that was opened last.</summary>
    private RedisStoreOptions Options { get; set; } = null!;

    protected override async Task<ILeaseStore> OpenAsync()
    {
        Options = new RedisStoreOptions
        {
            Configuration = Configuration,
            Prefix = $"contract-{Interlocked.Increment(ref _stores)}",
            LeaseRetention = Retention,
            TaskRetention = Retention,
        };
        return await RedisLeaseStore.OpenAsync(Options, clock: null, NullLogger.Instance, None);
    }

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

    [Test]
    public async Task What_a_workload_has_asked_for_is_forgotten_when_the_last_of_it_has_ended()
    {
        var approval = await ParkAsync(Parked(Alice));
        await Approvals.ParkAsync(Parked(Alice, "another purpose"), Limits(units: 10), None);
        await KeptUntilAsync(approval.ExpireTime);

        await Approvals.VoteAsync(approval.Id, 0, VoteOf("lee"), ApprovalState.Approved, Unit * 5_000, None);

        await KeptUntilAsync((await Approvals.FindAsync(approval.Id, None))!.ExpireTime);

        async Task KeptUntilAsync(DateTimeOffset end)
        {
            using var connection = await ConnectionMultiplexer.ConnectAsync(Configuration);
            var asked = new RedisKeys(Options.Prefix, Options.ShardCount).Of(Alice).AskedBy(Alice);
            var kept = await connection.GetDatabase().ExecuteAsync("PEXPIRETIME", asked);
            Assert.That((long)kept, Is.EqualTo(end.ToUnixTimeMilliseconds()));
        }
    }

    protected override async Task ReachAsync(DateTimeOffset instant)
    {
        while (instant - await NowAsync() is var left && left > TimeSpan.Zero)
            await Task.Delay(left);
    }
}
