using System.Diagnostics;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The broker as a process that dies at any instruction, with real servers on both sides of it.</summary>
[NonParallelizable]
internal sealed class CrashTests
{
    private const int Kills = 50;
    private const int Clients = 6;
    private const int Enough = Kills / 5;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Test]
    public async Task Nothing_is_left_behind_by_a_broker_that_is_killed_at_fifty_instants()
    {
        RedisRequired.OrIgnore();
        OrdersDatabase.OrIgnore();
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CRASH_SEED"), out var given) ? given : Environment.TickCount;
        TestContext.Out.WriteLine($"CRASH_SEED={seed}");

        await using var redis = await RedisServer.StartAsync();
        await using var database = await OrdersDatabase.StartAsync();
        using var sandbox = new Sandbox(Catalog(database));
        var port = FreePort.Next();
        var configuration = sandbox.WriteConfiguration(
            "one", sandbox.Settings("one", port, ("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint), ("Store:ShardCount", 4)));
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var load = new CrashLoad();
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients)
            .Select(i => new CrashClient(Agent.At(channel, sandbox.Token($"a{i}")), $"a{i}", seed + i, load).RunAsync(stop.Token))
            .ToArray();

        await using var store = await RedisLeaseStore.OpenAsync(
            new RedisStoreOptions { Configuration = redis.Endpoint, ShardCount = 4, CallTimeout = TimeSpan.FromMinutes(1) }, clock: null, NullLogger.Instance, default);
        var orphans = 0;
        await KillAgainAndAgainAsync(
            () => BrokerProcess.StartAsync(configuration, port),
            async () => orphans += await CountOrphansAsync(database, store),
            load,
            new Dice(seed));
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        using var last = await BrokerProcess.StartAsync(configuration, port);
        await SettlesAsync(database, store);
        TestContext.Out.WriteLine(
            $"{load.Issued} leases issued, {load.ToldGone.Count} told gone, {load.Kept.Count} kept, {load.Broken} calls broken off, {orphans} roles left by the dead");

        var roles = await database.LeaseRolesAsync();
        Assert.Multiple(() =>
        {
            Assert.That(load.Unexpected, Is.Empty);
            Assert.That(load.Kept, Is.Not.Empty);
            Assert.That(orphans, Is.Positive, "no kill left anything to be cleaned up");
            Assert.That(load.Kept.Select(lease => lease.Username), Is.SubsetOf(roles), "a lease that nobody ended is gone");
            Assert.That(roles.Intersect(load.ToldGone.Values.Select(lease => lease.Username)), Is.Empty, "what was told gone is there");
        });
        foreach (var lease in load.Kept)
        {
            Assert.That(await database.LogsInAsync(lease.Username, lease.Password), Is.True, lease.Lease);
        }

        foreach (var lease in load.ToldGone.Values.Take(50))
        {
            Assert.That(await database.LogsInAsync(lease.Username, lease.Password), Is.False, lease.Lease);
        }

        await last.StopAsync();
        await AuditHoldsAsync(sandbox);
    }

    /// <summary>Fails when an instant did not fall into an issue, or into a revocation, often enough to show anything.</summary>
    private static async Task KillAgainAndAgainAsync(Func<Task<BrokerProcess>> start, Func<Task> look, CrashLoad load, Dice dice)
    {
        var (duringIssue, duringRevoke) = (0, 0);
        var kills = 0;
        // A machine that is much slower at the one than at the other is given more of them.
        for (; kills < Kills || (kills < 2 * Kills && (duringIssue <= Enough || duringRevoke <= Enough)); kills++)
        {
            var issuedBefore = load.Issued;
            using var broker = await start();
            await Wait.UntilAsync(() => load.Issued > issuedBefore || broker.HasExited, TimeSpan.FromMinutes(3));
            await Task.Delay(TimeSpan.FromMilliseconds(dice.Below(300)));
            duringIssue += load.Issuing > 0 ? 1 : 0;
            duringRevoke += load.Revoking > 0 ? 1 : 0;
            Assert.That(broker.HasExited, Is.False);
            broker.Kill();
            await look();
        }

        TestContext.Out.WriteLine($"{kills} kills: {duringIssue} during an issue, {duringRevoke} during a revocation");
        Assert.That(duringIssue, Is.GreaterThan(Enough));
        Assert.That(duringRevoke, Is.GreaterThan(Enough));
    }

    private static async Task SettlesAsync(OrdersDatabase database, RedisLeaseStore store)
    {
        var clock = Stopwatch.StartNew();
        string left;
        while ((left = await WhatIsLeftAsync(database, store)).Length > 0)
        {
            Assert.That(clock.Elapsed, Is.LessThan(Limit), left);
            await Task.Delay(100);
        }

        TestContext.Out.WriteLine($"settled {clock.Elapsed.TotalSeconds:F1} s after the last start");
    }

    /// <returns>Empty when every role belongs to an active lease, every active lease has its role, and nothing is due or stuck.</returns>
    private static async Task<string> WhatIsLeftAsync(OrdersDatabase database, RedisLeaseStore store)
    {
        var live = 0L;
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            foreach (var backlog in await store.ReadBacklogAsync(shard, default))
            {
                live += backlog.Live;
                if (backlog.Due > 0 || backlog.Stuck > 0)
                {
                    return $"shard {shard}: {backlog}";
                }
            }
        }

        var roles = await database.LeaseRolesAsync();
        foreach (var role in roles)
        {
            var lease = await store.FindLeaseAsync(LeaseId.Parse(role["sb_".Length..]), default);
            if (lease is not { State: LeaseState.Active })
            {
                return $"{role} is left, the store says {lease?.State.ToString() ?? "nothing"}";
            }
        }

        return live == roles.Count ? "" : $"{live} leases live in the store, {roles.Count} roles";
    }

    private static async Task<int> CountOrphansAsync(OrdersDatabase database, RedisLeaseStore store)
    {
        var orphans = 0;
        foreach (var role in await database.LeaseRolesAsync())
        {
            var lease = await store.FindLeaseAsync(LeaseId.Parse(role["sb_".Length..]), default);
            orphans += lease is { State: LeaseState.Active } ? 0 : 1;
        }

        return orphans;
    }

    private static async Task AuditHoldsAsync(Sandbox sandbox)
    {
        var found = await AuditVerifier.VerifyAsync(AuditFiles.Current(sandbox.AuditFolder, "one"));
        Assert.That(found.Break, Is.Null);
        var revoked = await AuditReader.ReadFolderAsync(sandbox.AuditFolder)
            .Where(entry => entry.Record.Type == AuditEventType.Revoked)
            .Select(entry => entry.Record.Id)
            .ToListAsync();
        Assert.That(revoked, Is.Unique, "a revocation has two records");
    }

    private static object Catalog(OrdersDatabase database) => new
    {
        targets = new[] { database.Target("orders-db", TimeSpan.FromSeconds(5)) },
        grants = new[]
        {
            new
            {
                name = "read-invoices",
                action = "read",
                resource = CrashLoad.Resource,
                target = "orders-db",
                default_ttl = "1m",
                max_ttl = "30m",
                settings = new { statements = new[] { "GRANT SELECT ON invoices TO {{group}}" } },
            },
        },
    };
}
