using SecretsBroker.Audit;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A PostgreSQL server is stopped while thousands of leases live there, and comes back after they have expired.</summary>
[NonParallelizable]
internal sealed class PostgresReturnTests
{
    private const int Leases = 2_000;
    private const string Table = "orders/invoices";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(15);

    // For a machine on which everything takes long.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Test]
    public async Task All_that_expired_meanwhile_is_gone_after_its_return_and_another_target_has_not_noticed()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog(database)), adapt: null, ("Revocation:Claim", "00:01:00"), ("Revocation:MaxDelay", "01:00:00"), ("Revocation:MinDelay", "00:00:30"));
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        await IssueAsync(agent, task);
        await database.StopAsync();
        await Wait.UntilAsync(async () => await BacklogAsync(broker) is { } owed && owed.Debt == owed.Live, Limit);
        Assert.That((await BacklogAsync(broker))!.Value.Debt, Is.GreaterThan(0), "all was gone before the server was stopped");

        // Beside all this, what ends at another target is gone without a second try.
        var others = await agent.StartTaskAsync();
        var other = (await agent.IssueAsync(others, "vault/items", TimeSpan.FromSeconds(5))).Lease.LeaseId;
        var ended = await agent.IssueAsync(others, "vault/items");
        await agent.RevokeAsync(ended.Lease.LeaseId);
        foreach (var lease in new[] { other, ended.Lease.LeaseId })
        {
            await Wait.UntilAsync(async () => (await agent.GetAsync(lease)).State == Proto.LeaseState.Revoked);
            Assert.That((await broker.Store.FindLeaseAsync(LeaseId.Parse(lease), default))!.Attempts, Is.EqualTo(1));
        }

        await database.StartAgainAsync();

        await Wait.UntilAsync(async () => await BacklogAsync(broker) is null, Limit);
        Assert.That(await database.LeaseRolesAsync(), Is.Empty);
        var revoked = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .Where(entry => entry.Record is { Type: AuditEventType.Revoked, Target: "orders" })
            .Select(entry => entry.Record.Lease)
            .ToListAsync();
        Assert.That(revoked, Is.Unique.And.Count.EqualTo(Leases));
    }

    private static async Task IssueAsync(Agent agent, string task)
    {
        var end = TimeProvider.System.GetUtcNow() + Lifetime;
        await Parallel.ForAsync(0, Leases, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, cancelled) =>
        {
            var left = end - TimeProvider.System.GetUtcNow();
            await agent.IssueAsync(task, Table, left > ShortestLifetime ? left : ShortestLifetime, cancellationToken: cancelled);
        });
    }

    /// <returns>Null when nothing is live there.</returns>
    private static async Task<TargetBacklog?> BacklogAsync(BrokerUnderTest broker) =>
        (await broker.Store.ReadBacklogAsync(0, default)).Where(backlog => backlog.Target == "orders").Select(backlog => (TargetBacklog?)backlog).SingleOrDefault();

    private static object Catalog(OrdersDatabase database) => new
    {
        targets = (object[])[database.Target("orders", TimeSpan.FromSeconds(20)), new { name = "vault", engine = "fake" }],
        grants = (object[])
        [
            new
            {
                name = "read-orders", action = "read", resource = Table, target = "orders", default_ttl = "1m", max_ttl = "2m",
                settings = new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
            },
            new { name = "read-items", action = "read", resource = "vault/items", target = "vault", default_ttl = "1m", max_ttl = "2m" },
        ],
    };
}
