using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>What was acknowledged is still there after the server went, or is on enough replicas.</summary>
internal sealed class RedisDurabilityTests
{
    private static readonly TaskKey Key = new(new WorkloadId("spiffe://example.org/agents/alice"), new TaskId("t1"));

    [SetUp]
    public void Needs_redis() => RedisRequired.OrIgnore();

    [Test]
    public async Task Power_cut_loses_nothing_that_was_acknowledged_and_the_store_finds_the_server_again()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await OpenAsync(server.Endpoint);
        await StartAsync(store);
        var acknowledged = new ConcurrentBag<LeaseId>();
        var failures = 0;
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var reserved = await store.ReserveAsync(Asked(), default);
                    await store.ActivateAsync(reserved.Lease!.Id, "", default);
                    acknowledged.Add(reserved.Lease.Id);
                }
                catch (StoreException error) when (error.IsTransient)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        })).ToList();

        for (var cut = 1; cut <= 3; cut++)
        {
            await Eventually.HoldsAsync(() => acknowledged.Count >= cut * 100);
            server.Kill();
            var seen = failures;
            await Eventually.HoldsAsync(() => failures > seen);
            await server.RestartAsync();
        }

        var before = acknowledged.Count;
        await Eventually.HoldsAsync(() => acknowledged.Count >= before + 100);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        var found = await Task.WhenAll(acknowledged.Select(id => store.FindLeaseAsync(id, default).AsTask()));
        Assert.That(found.Select(lease => lease?.State), Is.All.EqualTo(LeaseState.Active));
    }

    [Test]
    public async Task Call_to_a_dead_server_fails_in_time_as_transient()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await OpenAsync(server.Endpoint);
        server.Kill();

        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.GetTimeAsync(default));

        Assert.That(error!.IsTransient, Is.True);
    }

    [Test]
    public async Task Server_that_hangs_is_given_up_after_the_time_limit()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await OpenAsync(server.Endpoint, callTimeout: TimeSpan.FromSeconds(8));
        await RedisCommand.SendAsync(server.Port, "CLIENT PAUSE 60000");

        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.GetTimeAsync(default));

        Assert.That(error!.IsTransient, Is.True);
        Assert.That(error.Message, Does.Contain("in time"));
    }

    [Test]
    public async Task Caller_stops_waiting_when_it_is_cancelled()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await OpenAsync(server.Endpoint);
        await RedisCommand.SendAsync(server.Port, "CLIENT PAUSE 60000");
        using var cancel = new CancellationTokenSource();

        var call = store.GetTimeAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThatAsync(() => call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Server_that_is_not_there_is_a_transient_failure()
    {
        var error = await Assert.ThrowsAsync<StoreException>(() => OpenAsync($"127.0.0.1:{FreePort.Next()}"));

        Assert.That(error!.IsTransient, Is.True);
    }

    [Test]
    public async Task Write_is_acknowledged_when_the_replica_has_it_and_fails_when_it_cannot()
    {
        await using var server = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync(new Dictionary<string, string>
        {
            ["replicaof"] = $"127.0.0.1 {server.Port}",
        });
        await replica.WaitUntilAsync(async cancellationToken =>
            (await RedisCommand.SendAsync(replica.Port, "INFO replication", cancellationToken)).Contains("master_link_status:up"));
        await using var store = await OpenAsync(server.Endpoint, replicas: 1);
        await StartAsync(store);

        var reserved = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => store.ReserveAsync(Asked(), default).AsTask()));
        foreach (var result in reserved)
        {
            // With a wildcard, since the shard is part of the key.
            var keys = await RedisCommand.SendAsync(replica.Port, $"EVAL \"return #redis.call('KEYS','*lease:{result.Lease!.Id}')\" 0");
            Assert.That(keys, Is.EqualTo(":1"));
        }

        replica.Kill();
        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.ReserveAsync(Asked(), default));
        Assert.That(error!.IsTransient, Is.True);
        Assert.That(error.Message, Does.Contain("0 of 1"));
        Assert.That(await store.GetTimeAsync(default), Is.Not.EqualTo(default(DateTimeOffset)));

        await replica.RestartAsync();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return (await store.ReserveAsync(Asked(), default)).Status == ReserveStatus.Reserved;
            }
            catch (StoreException)
            {
                return false;
            }
        });
    }

    [Test]
    public async Task Full_server_takes_nothing_new_and_loses_no_task_that_is_held()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await OpenAsync(server.Endpoint);
        await StartAsync(store);
        var lifeline = new Lifeline(Key, TimeSpan.FromMinutes(1));
        await store.KeepAliveAsync([lifeline], default);

        Assert.That(await RedisCommand.SendAsync(server.Port, "CONFIG SET maxmemory 1"), Is.EqualTo("+OK"));

        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.ReserveAsync(Asked(), default));
        Assert.That(error!.Message, Does.Contain("OOM"));
        var beat = (await store.KeepAliveAsync([lifeline], default))[0];
        Assert.That((beat.Found, beat.Outcome), Is.EqualTo((true, (TaskOutcome?)null)));
        Assert.That((await store.EndTaskAsync(Key, TaskOutcome.Succeeded, default)).Status, Is.EqualTo(EndTaskStatus.Ended));
    }

    private static Task<RedisLeaseStore> OpenAsync(string endpoint, int replicas = 0, TimeSpan? callTimeout = null) =>
        RedisLeaseStore.OpenAsync(
            new RedisStoreOptions
            {
                Configuration = endpoint,
                WaitForReplicas = replicas,
                ReplicaTimeout = TimeSpan.FromSeconds(5),
                CallTimeout = callTimeout ?? TimeSpan.FromSeconds(15),
            },
            clock: null,
            NullLogger.Instance,
            default);

    private static async Task StartAsync(RedisLeaseStore store) =>
        await store.StartTaskAsync(Key, new TaskContent("p", "i", new Dictionary<string, string>()), TimeSpan.FromHours(1), default);

    private static Reservation Asked() => new()
    {
        Task = Key,
        Grant = "orders-read",
        Engine = "postgres",
        Target = "orders-db",
        Action = "read",
        Resource = "orders/invoices",
        DecisionId = "d-1",
        TimeToLive = TimeSpan.FromMinutes(10),
        MaxTimeToLive = TimeSpan.FromMinutes(20),
        IssueTimeout = TimeSpan.FromMinutes(1),
        SettleMargin = TimeSpan.FromMinutes(1),
        Quotas = new LeaseQuotas(0, 0, 0),
    };
}
