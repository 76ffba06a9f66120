using SecretsBroker.Audit;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines.RedisAcl;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Against real Redis servers, whose users nobody passes on and a restart may lose or bring back.</summary>
[NonParallelizable]
internal sealed class RedisReconciliationTests
{
    private const string Keys = "cache/invoices";

    [Test]
    public async Task Revoked_user_that_a_node_has_again_is_removed()
    {
        await using var nodes = await RedisNodes.StartAsync(count: 2);
        await using var broker = await StartAsync(nodes);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var live = (await agent.IssueAsync(task, Keys)).Lease.LeaseId;
        var revoked = (await agent.IssueAsync(task, Keys)).Lease.LeaseId;
        await agent.RevokeAsync(revoked);
        await Wait.UntilAsync(async () => (await agent.GetAsync(revoked)).State == SecretsBroker.V1.LeaseState.Revoked);
        // As an old ACL file would bring it back.
        Assert.That(await RedisNodes.AskAsync(nodes.Servers[1].Port, "ACL", "SETUSER", $"sb_{revoked}", "on", "~*", "+@read"), Is.EqualTo("+OK"));
        Assert.That(await RedisNodes.AskAsync(nodes.Servers[1].Port, "ACL", "SETUSER", "sb_report", "on"), Is.EqualTo("+OK"));

        var report = await broker.ReconcileAsync("cache");

        Assert.That((report.ListedCount, report.OrphanCount, report.RemovedCount, report.MissingCount), Is.EqualTo((2, 1, 1, 0)));
        Assert.That(report.OrphanLeaseIds, Is.EqualTo(new[] { revoked }));
        Assert.That((await broker.ReconcileAsync("cache", dryRun: true)).ListedCount, Is.EqualTo(1));
        Assert.That(await RedisNodes.AskAsync(nodes.Servers[1].Port, "ACL", "DELUSER", "sb_report"), Is.EqualTo(":1"), "it was somebody else's");
        await agent.RevokeAsync(live);
    }

    [Test]
    public async Task User_that_one_node_lost_is_missing()
    {
        await using var nodes = await RedisNodes.StartAsync(count: 2);
        await using var broker = await StartAsync(nodes);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var whole = (await agent.IssueAsync(task, Keys)).Lease.LeaseId;
        var lost = (await agent.IssueAsync(task, Keys)).Lease.LeaseId;
        Assert.That(await RedisNodes.AskAsync(nodes.Servers[1].Port, "ACL", "DELUSER", $"sb_{lost}"), Is.EqualTo(":1"));

        var report = await broker.ReconcileAsync("cache");

        Assert.That((report.ListedCount, report.OrphanCount, report.MissingCount), Is.EqualTo((2, 0, 1)));
        Assert.That(report.MissingLeaseIds, Is.EqualTo(new[] { lost }));
        await agent.RevokeAsync(lost);
        await agent.RevokeAsync(whole);
    }

    [Test]
    public async Task Restart_of_a_server_without_an_ACL_file_loses_users_that_are_told_missing_and_end_as_any()
    {
        await using var nodes = await RedisNodes.StartAsync(count: 2);
        await using var broker = await StartAsync(nodes);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        string[] lost = [(await agent.IssueAsync(task, Keys)).Lease.LeaseId, (await agent.IssueAsync(task, Keys)).Lease.LeaseId];

        await RestartAsync(nodes.Servers[1]);
        Assert.That((await HasAsync(nodes.Servers[0], lost[0]), await HasAsync(nodes.Servers[1], lost[0])), Is.EqualTo((true, false)));

        var report = await broker.ReconcileAsync("cache");
        Assert.That((report.ListedCount, report.OrphanCount, report.MissingCount), Is.EqualTo((2, 0, 2)));
        Assert.That(report.MissingLeaseIds, Is.EquivalentTo(lost));
        var told = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .Where(entry => entry.Record.Type == AuditEventType.LeaseMissing)
            .Select(entry => entry.Record.Lease)
            .ToListAsync();
        Assert.That(told, Is.EquivalentTo(lost));
        // One that the agent asks for in their place is whole.
        var next = (await agent.IssueAsync(task, Keys)).Lease.LeaseId;
        Assert.That((await broker.ReconcileAsync("cache")).MissingLeaseIds, Is.EquivalentTo(lost));
        await agent.CompleteAsync(task);
        foreach (var lease in lost.Append(next))
        {
            await Wait.UntilAsync(async () => (await agent.GetAsync(lease)).State == SecretsBroker.V1.LeaseState.Revoked);
            Assert.That((await HasAsync(nodes.Servers[0], lease), await HasAsync(nodes.Servers[1], lease)), Is.EqualTo((false, false)));
        }
    }

    [Test]
    public async Task Revoked_user_that_a_rewritten_configuration_brings_back_is_removed()
    {
        await using var nodes = await RedisNodes.StartAsync();
        await using var broker = await StartAsync(nodes);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var revoked = (await agent.IssueAsync(task, Keys)).Lease.LeaseId;
        var server = nodes.Servers[0];
        Assert.That(await RedisNodes.AskAsync(server.Port, "CONFIG", "REWRITE"), Is.EqualTo("+OK"));
        await agent.RevokeAsync(revoked);
        await Wait.UntilAsync(async () => (await agent.GetAsync(revoked)).State == SecretsBroker.V1.LeaseState.Revoked);
        Assert.That(await HasAsync(server, revoked), Is.False);

        server.Kill();
        await server.RestartAsync();
        Assert.That(await HasAsync(server, revoked), Is.True);

        var report = await broker.ReconcileAsync("cache");
        Assert.That((report.OrphanCount, report.RemovedCount, report.MissingCount), Is.EqualTo((1, 1, 0)));
        Assert.That(await HasAsync(server, revoked), Is.False);
    }

    private static async Task RestartAsync(RedisServer server)
    {
        server.Kill();
        await server.RestartAsync();
        // It is as lost as the others' users, and an operator's to bring back.
        await RedisNodes.AddBrokerAsync(server.Port, RedisNodes.BrokerRights);
    }

    private static async Task<bool> HasAsync(RedisServer server, string lease) =>
        (await RedisNodes.AskAsync(server.Port, "ACL", "GETUSER", $"sb_{lease}")).StartsWith('*');

    private static Task<BrokerUnderTest> StartAsync(RedisNodes nodes) => BrokerUnderTest.StartAsync(
        new Sandbox(
            new
            {
                targets = (object[])
                [
                    new
                    {
                        name = "cache", engine = "redis-acl",
                        settings = new
                        {
                            nodes = nodes.Servers.Select(server => server.Endpoint), username = RedisNodes.Broker,
                            password = new { file = nodes.PasswordFile() }, tls_mode = "disable",
                        },
                    },
                ],
                grants = (object[])
                [
                    new
                    {
                        name = "read-cache", action = "read", resource = Keys, target = "cache", default_ttl = "10m", max_ttl = "1h",
                        settings = new { keys = (string[])["invoices:*"], commands = (string[])["@read"] },
                    },
                ],
            },
            ReconcilingOperator.Policies),
        adapt: null,
        ReconcilingOperator.Settings);
}
