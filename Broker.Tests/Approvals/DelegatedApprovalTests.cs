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

    [Test]
    public async Task Approval_is_for_one_delegation_and_shows_what_it_is_for()
    {
        var (root, name) = (Broker.Agent(NewName()), NewName());
        var agent = Broker.Agent(name);
        var shown = await DelegateAsync("look up one invoice");
        var other = await DelegateAsync("look up each invoice");
        var request = RequestUnder(shown);

        var approved = await ApprovedAsync(agent, request);
        var moved = RequestUnder(other);
        moved.ApprovalId = approved.ApprovalId;
        var refused = await RefusedAsync(StatusCode.FailedPrecondition, agent, moved);

        Assert.That(refused.Reason, Is.EqualTo("APPROVAL_VOID"));
        var subject = (await new Person(agent).GetAsync(approved.ApprovalId)).Subject;
        Assert.That(
            (subject.DelegationId, subject.RootTaskId, subject.RootPurpose, subject.RootIntentHash),
            Is.EqualTo((shown.DelegationId, shown.TaskId, "look up one invoice", shown.RootIntentHash)));
        Assert.That((await agent.Leases.IssueLeaseAsync(approved)).Lease.DelegationId, Is.EqualTo(shown.DelegationId));

        async Task<Delegation> DelegateAsync(string purpose)
        {
            var task = await root.Tasks.StartTaskAsync(new StartTaskRequest
            {
                Purpose = purpose,
                Scope = new IntentScope { Actions = { "read" }, Resources = { OneOfOncall } },
            });
            return (await new DelegationService.DelegationServiceClient(root.Calls).CreateDelegationAsync(new CreateDelegationRequest
            {
                TaskId = task.Task.TaskId,
                Delegate = Sandbox.Workload(name).Value,
                MayRephrase = true,
            })).Delegation;
        }
    }

    private static IssueLeaseRequest RequestUnder(Delegation delegation) => new()
    {
        NewTask = new NewTask(),
        DelegationId = delegation.DelegationId,
        Intent = new Intent { Action = "read", Resource = OneOfOncall, Purpose = "a test" },
    };
}
