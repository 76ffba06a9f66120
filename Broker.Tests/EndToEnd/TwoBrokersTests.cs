using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Two processes that share a store, a target and an audit folder; one of them dies half-way.</summary>
[NonParallelizable]
internal sealed class TwoBrokersTests
{
    private const int TasksAWay = 25;
    private const int AtOnce = 12;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private static readonly string[] Brokers = ["one", "two"];

    [Test]
    public async Task Thousand_leases_that_end_in_every_way_are_each_revoked_with_one_record_though_one_broker_dies()
    {
        RedisRequired.OrIgnore();
        OrdersDatabase.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        await using var database = await OrdersDatabase.StartAsync();
        using var sandbox = new Sandbox(Catalog(database));
        var ports = FreePort.Next(2);
        var files = Brokers.Zip(ports, (name, port) => sandbox.WriteConfiguration(name, sandbox.Settings(
            name,
            port,
            ("Store:Kind", "redis"),
            ("Store:Servers", redis.Endpoint),
            ("Store:ShardCount", 4),
            // A claim that runs out while its holder is only slow may be recorded twice: that is not what is to be seen here.
            ("Revocation:Claim", "00:00:30")))).ToArray();
        using var first = await BrokerProcess.StartAsync(files[0], ports[0]);
        using var second = await BrokerProcess.StartAsync(files[1], ports[1]);
        await using var store = await RedisLeaseStore.OpenAsync(
            new RedisStoreOptions { Configuration = redis.Endpoint, ShardCount = 4, CallTimeout = TimeSpan.FromMinutes(1) }, clock: null, NullLogger.Instance, default);
        using var channels = new Channels(ports);

        await EndThemAllAsync(sandbox, channels, store, killAt: (Ending.All.Count * TasksAWay) / 2, first.Kill);
        var leases = await AllRevokedAsync(store);
        await second.StopAsync();

        var causes = leases.CountBy(lease => lease.Cause).ToDictionary();
        TestContext.Out.WriteLine($"{leases.Count} leases: {string.Join(", ", causes.Select(cause => $"{cause.Key} {cause.Value}"))}");
        Assert.Multiple(() =>
        {
            Assert.That(leases, Has.Count.GreaterThanOrEqualTo(1000));
            foreach (var cause in Ending.Causes)
            {
                Assert.That(causes.GetValueOrDefault(cause), Is.GreaterThanOrEqualTo(TasksAWay), $"{cause}");
            }
        });
        Assert.That(await database.LeaseRolesAsync(), Is.Empty);
        await EachIsRecordedOnceAsync(sandbox, leases);
    }

    private static async Task EndThemAllAsync(Sandbox sandbox, Channels channels, ILeaseStore store, int killAt, Action kill)
    {
        var tasks = Ending.All.SelectMany(ending => Enumerable.Range(0, TasksAWay).Select(i => (Ending: ending, Number: i))).ToList();
        var done = 0;
        await Parallel.ForEachAsync(
            tasks.OrderBy(task => task.Number),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (task, _) =>
            {
                var owner = $"a{task.Number % 8}";
                await task.Ending(new Ending.Agents(channels, sandbox.Token(owner), Sandbox.Workload(owner), store, task.Number));
                if (Interlocked.Increment(ref done) == killAt)
                {
                    kill();
                }
            });
    }

    private static async Task<IReadOnlyList<Lease>> AllRevokedAsync(ILeaseStore store)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var leases = new List<Lease>();
            for (var owner = 0; owner < 8; owner++)
            {
                var token = "";
                do
                {
                    var page = await store.ListLeasesAsync(Sandbox.Workload($"a{owner}"), task: null, 200, token, default);
                    leases.AddRange(page.Leases);
                    token = page.NextPageToken;
                }
                while (token.Length > 0);
            }

            var open = leases.Where(lease => lease.State != LeaseState.Revoked).ToList();
            if (open.Count == 0)
            {
                return leases;
            }

            Assert.That(limit.IsCancellationRequested, Is.False, () => $"{open.Count} of {leases.Count} leases are not revoked, the first: {open[0]}");
            await Task.Delay(200);
        }
    }

    private static async Task EachIsRecordedOnceAsync(Sandbox sandbox, IReadOnlyList<Lease> leases)
    {
        foreach (var broker in Brokers)
        {
            var found = await AuditVerifier.VerifyAsync(AuditFiles.Current(sandbox.AuditFolder, broker));
            Assert.That(found.Break, Is.Null, broker);
        }

        var records = await AuditReader.ReadFolderAsync(sandbox.AuditFolder)
            .Where(entry => entry.Record.Type == AuditEventType.Revoked)
            .ToListAsync();
        TestContext.Out.WriteLine(string.Join(", ", records.CountBy(entry => entry.Broker).Select(broker => $"{broker.Key}: {broker.Value} records")));
        Assert.Multiple(() =>
        {
            Assert.That(records.Select(entry => entry.Record.Id), Is.EquivalentTo(leases.Select(LeaseRecords.RevokedId)));
            Assert.That(records.Select(entry => entry.Broker).Distinct(), Is.EquivalentTo(Brokers));
        });
        var causes = leases.ToDictionary(LeaseRecords.RevokedId, lease => lease.Cause.ToString());
        Assert.That(records.Select(entry => entry.Record.Cause), Is.EqualTo(records.Select(entry => causes[entry.Record.Id])));
    }

    private static object Catalog(OrdersDatabase database) => new
    {
        targets = new[]
        {
            database.Target("orders-db", TimeSpan.FromSeconds(20)),
            new
            {
                name = "orders-api",
                engine = "jwt",
                settings = new { issuer = "https://broker.test", audience = "orders-api", key_file = "{folder}/orders-api.key" },
            },
        },
        grants = new object[]
        {
            new
            {
                name = "read-table",
                action = "read",
                resource = Ending.Table,
                target = "orders-db",
                default_ttl = "10m",
                max_ttl = "10m",
                settings = new { statements = new[] { "GRANT SELECT ON invoices TO {{group}}" } },
            },
            new
            {
                name = "read-api",
                action = "read",
                resource = Ending.Service,
                target = "orders-api",
                default_ttl = "10m",
                max_ttl = "10m",
                settings = new { bearer = true },
            },
        },
    };

    /// <summary>A connection to each broker; a call that breaks on one is made again on the other.</summary>
    internal sealed class Channels(IEnumerable<int> ports) : IDisposable
    {
        private readonly GrpcChannel[] _channels = [.. ports.Select(port => GrpcChannel.ForAddress($"http://127.0.0.1:{port}"))];

        public Agent Of(int broker, string token) => Agent.At(_channels[broker], token);

        public async Task<T> CallAsync<T>(string token, int preferred, Func<Agent, Task<T>> call)
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    return await call(Agent.At(_channels[(preferred + attempt) % _channels.Length], token));
                }
                catch (RpcException e) when (attempt < 20 && (Rpc.DetailOf(e) is var detail) && (detail.Reason.Length == 0 || detail.Retryable))
                {
                    await Task.Delay(50);
                }
            }
        }

        public void Dispose()
        {
            foreach (var channel in _channels)
            {
                channel.Dispose();
            }
        }
    }
}
