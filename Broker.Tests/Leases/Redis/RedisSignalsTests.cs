using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Behaviour;
using SecretsBroker.Identity;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>What is told of signals that were written down while a part of the store was away.</summary>
internal sealed class RedisSignalsTests
{
    private static readonly WorkloadId Alice = new("spiffe://example.org/agents/alice");
    private static readonly WorkloadId Bob = new("spiffe://example.org/agents/bob");
    private static readonly TimeSpan HalfLife = TimeSpan.FromHours(1);

    private RedisServer _server = null!;

    [SetUp]
    public async Task Start()
    {
        RedisRequired.OrIgnore();
        _server = await RedisServer.StartAsync();
    }

    [TearDown]
    public async Task Stop()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task Signal_counts_once_and_is_known_to_while_there_are_too_few_replicas()
    {
        await using var store = await OpenAsync(replicas: 1);

        var write = (await store.AddSignalsAsync([Violation(Alice)], HalfLife, default)).Single();

        Assert.That(write.Failure, Is.Null);
        Assert.That(write.Levels.Violations, Is.EqualTo(1));
        Assert.That((await store.ReadSignalsAsync(Alice, HalfLife, default)).Round().Violations, Is.EqualTo(1));
    }

    [Test]
    public async Task What_fails_for_one_workload_is_told_of_that_one_only()
    {
        await using var store = await OpenAsync(replicas: 0);
        await store.AddSignalsAsync([Violation(Alice)], HalfLife, default);
        await RedisCommand.SendAsync(
            _server.Port, "EVAL \"local key = redis.call('KEYS', '*signals:*')[1] redis.call('DEL', key) return redis.call('SET', key, 'no hash')\" 0");

        var writes = await store.AddSignalsAsync([Violation(Alice), Violation(Bob)], HalfLife, default);

        Assert.That(writes[0].Failure, Does.Contain("redis refused add-signals"));
        Assert.That((writes[1].Failure, writes[1].Levels.Violations), Is.EqualTo(((string?)null, 1.0)));
    }

    private static SignalDelta Violation(WorkloadId workload) => new(workload, 0, 0, 1, 0, []);

    private Task<RedisLeaseStore> OpenAsync(int replicas) => RedisLeaseStore.OpenAsync(
        new RedisStoreOptions { Configuration = _server.Endpoint, WaitForReplicas = replicas, ReplicaTimeout = TimeSpan.FromMilliseconds(200) },
        clock: null,
        NullLogger.Instance,
        default);
}
