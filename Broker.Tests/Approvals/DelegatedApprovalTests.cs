using Grpc.Core;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>Who lets another act for a task stands behind what that one asks for.</summary>
internal sealed class DelegatedApprovalTests : ApprovalFixture
{
    [Test]
    public async Task Nobody_approves_what_they_have_delegated()
    {
        var lee = Agent.At(Broker.Channel, People.TokenOf("lee", "oncall"));
        var name = NewName();
        var agent = Broker.Agent(name);
        var root = await lee.Tasks.StartTaskAsync(new StartTaskRequest
        {
            Purpose = "a test",
            Scope = new IntentScope { Actions = { "read" }, Resources = { OneOfOncall } },
        });
        var delegation = (await new DelegationService.DelegationServiceClient(lee.Calls).CreateDelegationAsync(
            new CreateDelegationRequest { TaskId = root.Task.TaskId, Delegate = Sandbox.Workload(name).Value })).Delegation.DelegationId;
        var task = await agent.Tasks.StartTaskAsync(new StartTaskRequest { Purpose = "a test", DelegationId = delegation });
        var request = Agent.Request(task.Task.TaskId, OneOfOncall);
        var id = (await ParkAsync(agent, request)).ApprovalId;

        var refused = await new Person(lee).RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("SEPARATION_OF_DUTIES"));
        Assert.That((await PersonOf("kim", "oncall").ApproveAsync(id)).State, Is.EqualTo(ApprovalState.Approved));
        request.ApprovalId = id;
        Assert.That((await agent.Leases.IssueLeaseAsync(request)).Lease.DelegationId, Is.EqualTo(delegation));
    }
}
