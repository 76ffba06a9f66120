using Grpc.Core;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A real PostgreSQL server that stands still behind a broker, and what many callers cost it in connections.</summary>
internal sealed class SlowPostgresTests
{
    private const string Slow = "slow/invoices";
    private const string Other = "other/invoices";
    private const int Concurrency = 2;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private OrdersDatabase _slow = null!;
    private OrdersDatabase _other = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        OrdersDatabase.OrIgnore();
        _slow = await OrdersDatabase.StartAsync();
        _other = await OrdersDatabase.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var database in new[] { _slow, _other })
        {
            if (database is not null)
            {
                await database.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task Cluster_that_stands_still_sends_away_what_would_pile_up_and_another_one_serves()
    {
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog(_slow.Target("slow", Timeout, concurrency: 1, gather: 1, queue: 0))), adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        // The group role is there, and so is a connection.
        await agent.RevokeAsync((await agent.IssueAsync(task, Slow)).Lease.LeaseId);
        var held = await _slow.HoldRolesAsync();
        var served = agent.IssueAsync(task, Slow).ResponseAsync;
        await Wait.UntilAsync(async () => await _slow.CountHeldAsync() > 0);

        var refused = await Rpc.RefusedAsync(StatusCode.ResourceExhausted, async () => await agent.IssueAsync(task, Slow));

        var detail = Rpc.DetailOf(refused);
        Assert.That((detail.Reason, detail.Retryable), Is.EqualTo(("TARGET_BUSY", true)));
        Assert.That(detail.RetryAfter.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero));
        var elsewhere = await agent.IssueAsync(task, Other);
        await agent.RevokeAsync(elsewhere.Lease.LeaseId);
        Assert.That(await _other.LeaseRolesAsync(), Is.Empty);
        Assert.That(served.IsCompleted, Is.False);
        await held.DisposeAsync();
        Assert.That((await served).Secret.Postgres.Username, Is.Not.Empty);
        await agent.IssueAsync(task, Slow);
    }

    [Test]
    public async Task Many_callers_share_few_connections()
    {
        // Those of another test's broker.
        await Wait.UntilAsync(async () => await _slow.CountConnectionsAsync() == 0);
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog(_slow.Target("slow", Timeout, Concurrency))), adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();

        await Parallel.ForAsync(0, 256, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, cancelled) =>
        {
            var issued = await agent.IssueAsync(task, Slow, cancellationToken: cancelled);
            await agent.RevokeAsync(issued.Lease.LeaseId);
        });

        // They are kept open: what is seen afterwards is the most that there were.
        Assert.That(await _slow.CountConnectionsAsync(), Is.InRange(1, 2 * Concurrency));
    }

    private object Catalog(object slow) => new
    {
        targets = (object[])[slow, _other.Target("other", Timeout)],
        grants = (object[])[Grant("read-slow", Slow, "slow"), Grant("read-other", Other, "other")],
    };

    private static object Grant(string name, string resource, string target) => new
    {
        name, action = "read", resource, target, default_ttl = "1m", max_ttl = "2m",
        settings = new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
    };
}
