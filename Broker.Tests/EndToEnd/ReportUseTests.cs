using SecretsBroker.Audit;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What a secret was used for, held against what it was asked for.</summary>
internal sealed class ReportUseTests : ApiFixture
{
    [TestCase(BrokerUnderTest.Items)]
    [TestCase(BrokerUnderTest.Items + "/7")]
    public async Task Use_within_the_intent_is_recorded_and_nothing_more(string resource)
    {
        var agent = NewAgent();
        var lease = await IssueAsync(agent, BrokerUnderTest.Items);

        var answer = await ReportAsync(agent, lease, "curl", "read", resource);

        Assert.That(answer.Violations, Is.Empty);
        Assert.That(answer.LeaseEnded, Is.False);
        var record = (await RecordsOfAsync(Broker, lease)).Single(record => record.Type == AuditEventType.Used);
        Assert.Multiple(() =>
        {
            Assert.That(record.Tool, Is.EqualTo("curl"));
            Assert.That(record.DownstreamResource, Is.EqualTo(resource));
            Assert.That(record.Outcome, Is.EqualTo("Refused"));
            Assert.That(record.Allowed, Is.True);
        });
        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [TestCase("curl", "delete", BrokerUnderTest.Items, "action")]
    [TestCase("curl", "", "vault/items2", "downstream_resource")]
    [TestCase("curl", "", "vault", "downstream_resource")]
    [TestCase("curl", "delete", "elsewhere", "action", "downstream_resource")]
    public async Task Use_outside_the_intent_ends_the_lease_where_the_grant_says_so(
        string tool, string action, string resource, params string[] fields)
    {
        var agent = NewAgent();
        var lease = await IssueAsync(agent, BrokerUnderTest.Items);

        var answer = await ReportAsync(agent, lease, tool, action, resource);

        Assert.That(answer.Violations.Select(violation => violation.Field), Is.EqualTo(fields));
        Assert.That(answer.LeaseEnded, Is.True);
        Assert.That((await BecomesRevokedAsync(agent, lease)).EndCause, Is.EqualTo(Proto.EndCause.Violation));
        Assert.That(Broker.Target.Live.ContainsKey(LeaseId.Parse(lease)), Is.False);
        var record = (await RecordsOfAsync(Broker, lease)).Single(record => record.Type == AuditEventType.Used);
        Assert.That(record.Allowed, Is.False);
        Assert.That(record.Reason, Is.Not.Empty);
    }

    [TestCase("psql")]
    [TestCase("nmap")]
    public async Task Another_tool_than_intended_is_a_violation_that_is_only_reported_otherwise(string tool)
    {
        var agent = NewAgent();
        var lease = await IssueAsync(agent, BrokerUnderTest.Reports, BrokerUnderTest.ReportTool);

        var answer = await ReportAsync(agent, lease, tool, "", BrokerUnderTest.Reports);

        Assert.That(answer.Violations.Select(violation => violation.Field), Is.EqualTo(new[] { "tool" }));
        Assert.That(answer.LeaseEnded, Is.False);
        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Use_after_the_end_is_a_violation()
    {
        var agent = NewAgent();
        var lease = await IssueAsync(agent, BrokerUnderTest.Items);
        await agent.RevokeAsync(lease);

        var answer = await ReportAsync(agent, lease, "curl", "", BrokerUnderTest.Items);

        Assert.That(answer.Violations.Select(violation => violation.Field), Is.EqualTo(new[] { "lease" }));
        Assert.That(answer.LeaseEnded, Is.False, "it had ended before");
        Assert.That((await agent.GetAsync(lease)).EndCause, Is.EqualTo(Proto.EndCause.Returned));
    }

    private static async Task<string> IssueAsync(Agent agent, string resource, string tool = "") =>
        (await agent.IssueAsync(await agent.StartTaskAsync(), resource, tool: tool)).Lease.LeaseId;

    private static async Task<Proto.ReportUseResponse> ReportAsync(Agent agent, string lease, string tool, string action, string resource) =>
        await agent.Leases.ReportUseAsync(new Proto.ReportUseRequest
        {
            LeaseId = lease,
            Tool = tool,
            Action = action,
            DownstreamResource = resource,
            Outcome = Proto.UseOutcome.Refused,
        });
}
