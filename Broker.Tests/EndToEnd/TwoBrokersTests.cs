using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Two processes that share a store, a target and an audit folder; one of them dies half-way.</summary>
[NonParallelizable]
internal sealed class TwoBrokersTests
{
    private const int TasksAWay = 25;
    private const int AtOnce = 12;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Test]
    public async Task Thousand_leases_that_end_in_every_way_are_each_revoked_with_one_record_though_one_broker_dies()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        await using var brokers = await TwoBrokers.StartOrIgnoreAsync(
            Catalog(database),
            // A claim that runs out while its holder is only slow may be recorded twice: that is not what is to be seen here.
            ("Revocation:Claim", "00:00:30"));
        await using var store = await RedisLeaseStore.OpenAsync(
            new RedisStoreOptions { Configuration = brokers.Redis, ShardCount = TwoBrokers.ShardCount, CallTimeout = TimeSpan.FromMinutes(1) },
            clock: null, NullLogger.Instance, default);

        await EndThemAllAsync(brokers, store, killAt: (Ending.All.Count * TasksAWay) / 2, brokers.First.Kill);
        var leases = await AllRevokedAsync(store);
        await brokers.Second.StopAsync();

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
        await EachIsRecordedOnceAsync(brokers.Sandbox, leases);
    }

    private static async Task EndThemAllAsync(TwoBrokers brokers, ILeaseStore store, int killAt, Action kill)
    {
        var tasks = Ending.All.SelectMany(ending => Enumerable.Range(0, TasksAWay).Select(i => (Ending: ending, Number: i))).ToList();
        var done = 0;
        await Parallel.ForEachAsync(
            tasks.OrderBy(task => task.Number),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (task, _) =>
            {
                var owner = $"a{task.Number % 8}";
                await task.Ending(new Ending.Agents(brokers.Channels, brokers.Sandbox.Token(owner), Sandbox.Workload(owner), store, task.Number));
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
        foreach (var broker in TwoBrokers.Names)
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
            Assert.That(records.Select(entry => entry.Broker).Distinct(), Is.EquivalentTo(TwoBrokers.Names));
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
}
