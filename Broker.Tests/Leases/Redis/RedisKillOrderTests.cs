using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.KillSwitch;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>An order is in every shard or on its way there: brokers die between two shards.</summary>
internal sealed class RedisKillOrderTests
{
    private const int Shards = 4;

    private static readonly RedisKeys Keys = new(new RedisStoreOptions { Configuration = "" }.Prefix, Shards);

    private RedisServer _server = null!;
    private RedisLeaseStore _store = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        RedisRequired.OrIgnore();
        _server = await RedisServer.StartAsync();
        _store = await RedisLeaseStore.OpenAsync(
            new RedisStoreOptions { Configuration = _server.Endpoint, ShardCount = Shards }, clock: null, NullLogger.Instance, default);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task Order_whose_broker_died_after_the_first_shard_is_seen_and_spread_to_the_others()
    {
        var order = await _store.AddKillOrderAsync(
            new KillOrder("k-half", new KillSelector(KillScope.Grant, "half"), "a test", "an operator", default), default);
        await ForgetInAllButTheFirstShardAsync();
        var tasks = await StartInEveryShardAsync("half");
        Assert.That(await CountReservedAsync(tasks, "half"), Is.EqualTo(Shards - 1), "all but the first shard do not know it");

        Assert.That(await _store.ListKillOrdersAsync(default), Is.EqualTo(new[] { order }));
        Assert.That(await _store.SpreadKillOrderAsync(order, default), Is.True);

        Assert.That(await CountReservedAsync(tasks, "half"), Is.Zero);
        Assert.That(await _store.ListKillOrdersAsync(default), Is.EqualTo(new[] { order }));
        await _store.LiftKillOrderAsync(order.Id, default);
        Assert.That(await CountReservedAsync(tasks, "half"), Is.EqualTo(Shards));
    }

    [Test]
    public async Task Order_that_cannot_be_brought_to_one_shard_stands_in_the_others()
    {
        await using var broker = await TestBroker.StartAsync();
        var giver = new KillOrderGiver(
            _store,
            broker.Executor(),
            broker.Services.GetRequiredService<KillRecords>(),
            broker.Services.GetRequiredService<BrokerMetrics>(),
            TimeProvider.System,
            NullLogger<KillOrderGiver>.Instance);
        var actor = new Workload(
            new WorkloadId("spiffe://example.org/operator"), AuthenticationMethod.JwtSvid, [], new Dictionary<string, string>(), default);
        var tasks = await StartInEveryShardAsync("part");
        var unusable = (string)Keys.Of(Shards - 1).KillOrders!;
        await RedisCommand.SendAsync(_server.Port, $"SET {unusable} text");

        await Assert.ThrowsAsync<StoreException>(
            () => giver.GiveAsync(new KillSelector(KillScope.Grant, "part"), "a test", actor, sourceAddress: ""));

        Assert.That(await CountReservedAsync(tasks, "part"), Is.EqualTo(1), "the shard that does not take it");
        await RedisCommand.SendAsync(_server.Port, $"DEL {unusable}");
        await _store.LiftKillOrderAsync((await _store.ListKillOrdersAsync(default)).Single().Id, default);
    }

    private async Task ForgetInAllButTheFirstShardAsync()
    {
        foreach (var shard in Keys.All.Skip(1))
        {
            await RedisCommand.SendAsync(_server.Port, $"DEL {(string)shard.Kills!} {(string)shard.KillOrders!}");
        }
    }

    private async Task<IReadOnlyList<TaskKey>> StartInEveryShardAsync(string id)
    {
        var owners = Enumerable.Range(0, 1000)
            .Select(number => new WorkloadId($"spiffe://example.org/agents/{number}"))
            .DistinctBy(owner => LeaseShards.Of(owner, Shards));
        var tasks = owners.Select(owner => new TaskKey(owner, new TaskId(id))).ToList();
        foreach (var task in tasks)
        {
            await _store.StartTaskAsync(task, new TaskContent("a test", "", new Dictionary<string, string>()), TimeSpan.FromHours(1), default);
        }

        return tasks;
    }

    private async Task<int> CountReservedAsync(IReadOnlyList<TaskKey> tasks, string grant)
    {
        var answers = await Task.WhenAll(tasks.Select(task => _store.ReserveAsync(Asked(task, grant), default).AsTask()));
        return answers.Count(answer => answer.Status == ReserveStatus.Reserved);
    }

    private static Reservation Asked(TaskKey task, string grant) => new()
    {
        Task = task,
        Grant = grant,
        Engine = "fake",
        Target = "vault",
        Action = "read",
        Resource = "vault/items",
        DecisionId = "d",
        TimeToLive = TimeSpan.FromMinutes(10),
        MaxTimeToLive = TimeSpan.FromMinutes(10),
        IssueTimeout = TimeSpan.FromMinutes(1),
        SettleMargin = TimeSpan.FromMinutes(1),
        Quotas = new LeaseQuotas(0, 0, 0),
    };
}
