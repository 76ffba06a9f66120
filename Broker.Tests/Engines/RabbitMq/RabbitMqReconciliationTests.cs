using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Reconciliation;

namespace SecretsBroker.Tests.Engines.RabbitMq;

/// <summary>Users of leases that a broker forgot, at the real server.</summary>
internal sealed class RabbitMqReconciliationTests
{
    private const string Resource = "events/invoices";

    [Test]
    public async Task Users_of_a_store_that_was_lost_go_and_others_stay()
    {
        await TestRabbit.PutAsync("users/sb_report", new { password = "not of a lease", tags = "" });
        var first = await BrokerUnderTest.StartAsync(new Sandbox(Catalog(), ReconcilingOperator.Policies), adapt: null, ReconcilingOperator.Settings);
        var lost = await IssueAsync(first);
        await using var broker = await LostStore.StartWithoutAsync(first);
        var live = await IssueAsync(broker);

        var report = await broker.ReconcileAsync("events");

        Assert.That((report.ListedCount, report.OrphanCount, report.RemovedCount, report.MissingCount), Is.EqualTo((4, 2, 2, 0)));
        Assert.That(report.OrphanLeaseIds, Is.EquivalentTo(lost));
        Assert.That(await TestRabbit.UsersAsync(), Is.SupersetOf(live.Select(id => $"sb_{id}").Append("sb_report")));
        Assert.That((await broker.ReconcileAsync("events", dryRun: true)).OrphanCount, Is.Zero);
    }

    private static async Task<string[]> IssueAsync(BrokerUnderTest broker)
    {
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        return [(await agent.IssueAsync(task, Resource)).Lease.LeaseId, (await agent.IssueAsync(task, Resource)).Lease.LeaseId];
    }

    private static object Catalog() => new
    {
        targets = (object[])
        [
            new
            {
                name = "events", engine = "rabbitmq", timeout = "1m",
                settings = new
                {
                    url = TestRabbit.Server.ManagementUrl, username = TestRabbit.Broker, password = new { file = TestRabbit.PasswordFile() },
                    amqp_port = TestRabbit.Server.Port, amqp_tls = false,
                },
            },
        ],
        grants = (object[])
        [
            new
            {
                name = "read-invoices", action = "read", resource = Resource, target = "events", default_ttl = "10m", max_ttl = "1h",
                settings = new { permissions = (object[])[new { vhost = "billing", read = "invoices" }] },
            },
        ],
    };
}
