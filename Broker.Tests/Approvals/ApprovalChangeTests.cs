using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Catalog;
using SecretsBroker.Policy;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>What changed between approval and use makes the approval void. Each test has a broker of its own, whose files it changes.</summary>
internal sealed class ApprovalChangeTests : ApprovalFixture
{
    protected override Task<BrokerUnderTest> StartAsync() => Task.FromResult<BrokerUnderTest>(null!);

    [Test]
    public async Task Change_of_the_policies_makes_it_void_though_they_permit_the_same()
    {
        await using var broker = await base.StartAsync();
        var (agent, approved) = await ApprovedAsync(broker);
        var policies = broker.Services.GetRequiredService<CurrentPolicies>();
        var before = policies.Snapshot.Hash;

        broker.Sandbox.WritePolicies(Policies + "\n@id(\"another\") permit (principal, action == Action::\"delete\", resource);");
        await Wait.UntilAsync(() => policies.Snapshot.Hash != before);

        await AssertVoidAsync(agent, approved);
    }

    [Test]
    public async Task Change_of_the_grant_makes_it_void()
    {
        await using var broker = await base.StartAsync();
        var (agent, approved) = await ApprovedAsync(broker);
        var catalog = broker.Services.GetRequiredService<CurrentCatalog>();
        var before = catalog.Snapshot.Hash;

        var text = await File.ReadAllTextAsync(broker.Sandbox.PathOf("catalog/all.yaml"));
        broker.Sandbox.WriteCatalog(System.Text.Json.Nodes.JsonNode.Parse(text.Replace("\"on_violation\":\"revoke\",", "").Replace("\"max_ttl\":\"2m\"", "\"max_ttl\":\"3m\""))!);
        await Wait.UntilAsync(() => catalog.Snapshot.Hash != before);

        await AssertVoidAsync(agent, approved);
    }

    [Test]
    public async Task Approval_that_policy_does_not_demand_any_more_is_not_asked_for()
    {
        await using var broker = await base.StartAsync();
        var (agent, approved) = await ApprovedAsync(broker);
        var policies = broker.Services.GetRequiredService<CurrentPolicies>();
        var before = policies.Snapshot.Hash;

        broker.Sandbox.WritePolicies(Sandbox.ReadersMayRead);
        await Wait.UntilAsync(() => policies.Snapshot.Hash != before);

        Assert.That((await agent.Leases.IssueLeaseAsync(approved)).Lease.State, Is.EqualTo(LeaseState.Active));
    }

    [Test]
    public async Task Forbid_that_came_meanwhile_holds_against_the_approval()
    {
        await using var broker = await base.StartAsync();
        var (agent, approved) = await ApprovedAsync(broker);
        var policies = broker.Services.GetRequiredService<CurrentPolicies>();
        var before = policies.Snapshot.Hash;

        broker.Sandbox.WritePolicies(Policies + "\n@id(\"stop\") forbid (principal, action == Action::\"read\", resource);");
        await Wait.UntilAsync(() => policies.Snapshot.Hash != before);

        Assert.That((await RefusedAsync(StatusCode.PermissionDenied, agent, approved)).Reason, Is.EqualTo("DENIED"));
    }

    private async Task<(Agent Agent, IssueLeaseRequest Approved)> ApprovedAsync(BrokerUnderTest broker)
    {
        var agent = broker.Agent("a");
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);
        request.ApprovalId = (await ParkAsync(agent, request)).ApprovalId;
        await new Person(Agent.At(broker.Channel, People.TokenOf("lee", "oncall"))).ApproveAsync(request.ApprovalId);
        return (agent, request);
    }

    private static async Task AssertVoidAsync(Agent agent, IssueLeaseRequest approved)
    {
        Assert.That((await RefusedAsync(StatusCode.FailedPrecondition, agent, approved)).Reason, Is.EqualTo("APPROVAL_VOID"));
        // Asked for anew, it is another request.
        var again = approved.Clone();
        again.ApprovalId = "";
        Assert.That((await ParkAsync(agent, again)).ApprovalId, Is.Not.EqualTo(approved.ApprovalId));
    }
}
