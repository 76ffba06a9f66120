using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>What policy says of who may kill and lift, and that lifting may take two.</summary>
internal sealed class SecondOperatorTests : ApiFixture
{
    private const string Policies = """
        @id("readers-may-read")
        permit (principal, action == Action::"read", resource);

        @id("operators-kill")
        permit (principal, action in [Broker::Action::"kill", Broker::Action::"read_kills"], resource)
        when { principal.id like "spiffe://dev.local/agent/operator-*" };

        @id("not-everything")
        forbid (principal, action == Broker::Action::"kill", resource) when { resource.scope == "all" };

        @id("lift-in-twos")
        @second_operator("required")
        permit (principal, action == Broker::Action::"lift_kill", resource)
        when { principal.id like "spiffe://dev.local/agent/operator-*" };

        @id("lift-drills-alone")
        permit (principal, action == Broker::Action::"lift_kill", resource)
        when { principal.id == "spiffe://dev.local/agent/drill" };
        """;

    protected override Task<BrokerUnderTest> StartAsync() =>
        BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null);

    [Test]
    public async Task Lift_takes_effect_when_another_operator_confirms_and_the_same_one_twice_does_not_count()
    {
        var (name, agent, task) = await StartAgentAsync();
        var (first, second) = (KillOperator.At(Broker, "operator-1"), KillOperator.At(Broker, "operator-2"));
        var order = (await first.KillAsync(KillOperator.Workload(name))).Order;

        var proposed = await first.LiftAsync(order);
        var again = await first.LiftAsync(order);

        Assert.That((proposed.Lifted, again.Lifted), Is.EqualTo((false, false)));
        Assert.That(again.Order.LiftProposal.Operator, Is.EqualTo(Sandbox.Workload("operator-1").Value));
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        Assert.That((await second.ListAsync()).Single(one => one.OrderId == order).LiftProposal, Is.EqualTo(proposed.Order.LiftProposal));

        Assert.That((await second.LiftAsync(order)).Lifted);

        await agent.IssueAsync(task, BrokerUnderTest.Items);
        var lifted = await AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder)
            .Select(entry => entry.Record)
            .SingleAsync(record => record.Type == AuditEventType.KillLifted && record.KillOrder == order);
        Assert.That(
            (lifted.Workload, lifted.ProposedBy),
            Is.EqualTo((Sandbox.Workload("operator-2").Value, Sandbox.Workload("operator-1").Value)));
    }

    [Test]
    public async Task Operator_of_whom_policy_asks_no_second_one_lifts_alone()
    {
        var (name, agent, task) = await StartAgentAsync();
        var order = (await KillOperator.At(Broker, "operator-1").KillAsync(KillOperator.Workload(name))).Order;

        Assert.That((await KillOperator.At(Broker, "drill").LiftAsync(order)).Lifted);

        await agent.IssueAsync(task, BrokerUnderTest.Items);
    }

    [Test]
    public async Task Who_may_not_lift_neither_proposes_nor_confirms()
    {
        var (name, _, _) = await StartAgentAsync();
        var first = KillOperator.At(Broker, "operator-1");
        var order = (await first.KillAsync(KillOperator.Workload(name))).Order;
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, () => KillOperator.At(Broker, name).LiftAsync(order));
        Assert.That((await first.ListAsync()).Single(one => one.OrderId == order).LiftProposal, Is.Null);

        await first.LiftAsync(order);
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, () => KillOperator.At(Broker, name).LiftAsync(order));

        Assert.That((await first.ListAsync()).Select(one => one.OrderId), Does.Contain(order));
    }

    [Test]
    public async Task Policy_says_what_an_operator_may_kill_and_each_decision_is_recorded()
    {
        var operators = KillOperator.At(Broker, "operator-1");

        var refused = await Rpc.RefusedAsync(
            StatusCode.PermissionDenied, () => operators.KillAsync(new KillSelector { All = true }));

        var decision = Rpc.DetailOf(refused).DecisionId;
        var record = await AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder)
            .Select(entry => entry.Record)
            .SingleAsync(one => one.DecisionId == decision && one.Type == AuditEventType.OperatorDecided);
        Assert.That(record.Policies, Is.EqualTo(new[] { "not-everything" }));
        Assert.That(await operators.ListAsync(), Has.None.Property("Selector").EqualTo(new KillSelector { All = true }));
    }

    private async Task<(string Name, Agent Agent, string Task)> StartAgentAsync()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        return (name, agent, await agent.StartTaskAsync());
    }
}
