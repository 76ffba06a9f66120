using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Against a real PostgreSQL server.</summary>
[NonParallelizable]
internal sealed class PostgresReconciliationTests
{
    private const int Roles = 500;
    private const string Table = "orders/invoices";

    // For a machine on which everything takes long.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Test]
    public async Task Roles_of_a_store_that_was_lost_go_and_nothing_else_does()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        var sandbox = Sandbox(database);
        var first = await BrokerUnderTest.StartAsync(sandbox, adapt: null, ReconcilingOperator.Settings);
        await IssueAsync(first.Agent("a"), Roles);
        await first.StopAsync();
        var lost = await database.LeaseRolesAsync();
        var others = await MakeOthersAsync(database);
        LostStore.Forget(sandbox);

        await using var second = await BrokerUnderTest.StartAsync(
            sandbox, adapt: null, [.. ReconcilingOperator.Settings, ("Reconciliation:Mode", "enforce"), ("Reconciliation:Interval", "00:00:02")]);
        var live = await IssueAsync(second.Agent("b"), 3);

        await Wait.UntilAsync(async () => !(await database.LeaseRolesAsync()).Overlaps(lost), Limit);

        Assert.That(lost, Has.Count.EqualTo(Roles));
        Assert.That(await database.LeaseRolesAsync(), Is.EquivalentTo(others.Concat(live)));
        await Wait.UntilAsync(
            async () => (await AuditReader.ReadFolderAsync(sandbox.AuditFolder)
                .Where(entry => entry.Record.Type == AuditEventType.OrphanRemoved)
                .Select(entry => $"sb_{entry.Record.Lease}")
                .ToListAsync()).ToHashSet().SetEquals(lost),
            Limit);
    }

    [Test]
    public async Task Two_installations_at_one_server_leave_each_others_roles()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        await using var one = await BrokerUnderTest.StartAsync(Sandbox(database), adapt: null, ReconcilingOperator.Settings);
        await using var other = await BrokerUnderTest.StartAsync(
            Sandbox(database), adapt: null, [.. ReconcilingOperator.Settings, ("Store:Installation", "another")]);
        var roles = (await IssueAsync(one.Agent("a"), 5)).Concat(await IssueAsync(other.Agent("a"), 5)).ToList();

        var (mine, theirs) = (await one.ReconcileAsync("orders"), await other.ReconcileAsync("orders"));

        Assert.That((mine.ListedCount, mine.OrphanCount, mine.MissingCount), Is.EqualTo((5, 0, 0)));
        Assert.That((theirs.ListedCount, theirs.OrphanCount, theirs.MissingCount), Is.EqualTo((5, 0, 0)));
        Assert.That(await database.LeaseRolesAsync(), Is.EquivalentTo(roles));
    }

    [Test]
    public async Task Role_that_somebody_dropped_is_missing()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(Sandbox(database), adapt: null, ReconcilingOperator.Settings);
        var roles = await IssueAsync(broker.Agent("a"), 2);
        await database.RunAsync($"DROP ROLE {roles[0]}");

        var report = await broker.ReconcileAsync("orders");

        Assert.That((report.ListedCount, report.OrphanCount, report.MissingCount), Is.EqualTo((1, 0, 1)));
        Assert.That(report.MissingLeaseIds.Select(id => $"sb_{id}"), Is.EqualTo(new[] { roles[0] }));
    }

    /// <summary>Roles that lack one sign or another of what this installation made for a lease.</summary>
    private static async Task<IReadOnlyList<string>> MakeOthersAsync(OrdersDatabase database)
    {
        var (mine, another) = (ReconcilingOperator.Installation, Installation.Of("another"));
        var ungrouped = LeaseNames.Of(LeaseId.New(0, mine));
        var foreignGroup = LeaseNames.Of(LeaseId.New(0, mine));
        var foreignMark = LeaseNames.Of(LeaseId.New(0, another));
        var unmarked = LeaseNames.Of(LeaseId.New(0));
        var longer = LeaseNames.Of(LeaseId.New(0, mine)) + "_report";
        await database.RunAsync(
            $"""
            CREATE ROLE auditors;
            CREATE ROLE {ungrouped} LOGIN;
            CREATE ROLE {foreignGroup} LOGIN IN ROLE auditors;
            CREATE ROLE {foreignMark} LOGIN IN ROLE "sbg_read-orders";
            CREATE ROLE {unmarked} LOGIN IN ROLE "sbg_read-orders";
            CREATE ROLE {longer} LOGIN IN ROLE "sbg_read-orders";
            CREATE ROLE sb_admin LOGIN IN ROLE "sbg_read-orders";
            """);
        return [ungrouped, foreignGroup, foreignMark, unmarked, longer, "sb_admin"];
    }

    private static async Task<List<string>> IssueAsync(Agent agent, int count)
    {
        var task = await agent.StartTaskAsync();
        var roles = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, cancelled) =>
            roles.Add($"sb_{(await agent.IssueAsync(task, Table, cancellationToken: cancelled)).Lease.LeaseId}"));
        return [.. roles];
    }

    private static Sandbox Sandbox(OrdersDatabase database) => new(
        new
        {
            targets = (object[])[database.Target("orders", TimeSpan.FromSeconds(30))],
            grants = (object[])
            [
                new
                {
                    name = "read-orders", action = "read", resource = Table, target = "orders", default_ttl = "1h", max_ttl = "2h",
                    settings = new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
                },
            ],
        },
        ReconcilingOperator.Policies);
}
