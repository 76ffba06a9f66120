using Grpc.Core;
using SecretsBroker.Audit.Reading;
using SecretsBroker.Explaining;
using SecretsBroker.Tests.Approvals;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Explaining;

/// <summary>What is told of approvals and of broken glass.</summary>
internal sealed class ExplainApprovalTests : ApprovalFixture
{
    private static readonly string Firefighter = Sandbox.Workload(Emergencies).Value;

    [TestCase(true)]
    [TestCase(false)]
    public async Task Lease_is_told_with_who_approved_it_and_whose_vote_did_not_count(bool inNewTask)
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), TwoOfOncall);
        if (inNewTask)
        {
            request.NewTask = new NewTask();
        }

        var approved = request.Clone();
        approved.ApprovalId = (await ParkAsync(agent, request)).ApprovalId;
        await PersonOf("mallory", "finance").RefusedAsync(StatusCode.PermissionDenied, approved.ApprovalId);
        await PersonOf("lee", "oncall").ApproveAsync(approved.ApprovalId, "planned");
        await PersonOf("kim", "oncall").ApproveAsync(approved.ApprovalId, "seen the ticket");
        var lease = (await agent.Leases.IssueLeaseAsync(approved)).Lease.LeaseId;

        var told = await ExplainAsync(lease);
        var own = (await new AuditService.AuditServiceClient(agent.Calls).ExplainLeaseAsync(new ExplainLeaseRequest { LeaseId = lease, Own = true })).Explanation;

        var approval = told.Decision!.Approval!;
        Assert.That((approval.Id, approval.Demands.Single()), Is.EqualTo((approved.ApprovalId, "oncall:2")));
        Assert.That(approval.RequestTime, Is.LessThanOrEqualTo(approval.UseTime!.Value));
        Assert.That(
            approval.Votes.Select(vote => (vote.Approver, vote.Counted, vote.Reason)),
            Is.EqualTo(new[]
            {
                (People.IdOf("mallory"), false, "NotAsked"), (People.IdOf("lee"), true, "planned"), (People.IdOf("kim"), true, "seen the ticket"),
            }));
        Assert.That(told.Missing, Is.Empty);
        Assert.That(own.Decision.Approval.Votes.Select(vote => vote.Approver), Is.EqualTo(new[] { People.IdOf("lee"), People.IdOf("kim") }));
    }

    [Test]
    public async Task Broken_glass_is_told_with_who_looked_at_it_afterwards()
    {
        var agent = Broker.Agent(Emergencies);
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);
        request.BreakGlass = new BreakGlass { Justification = "the shop is down" };
        var lease = (await agent.Leases.IssueLeaseAsync(request)).Lease.LeaseId;
        var open = (await ExplainAsync(lease)).Decision!.BrokenGlass!;
        await PersonOf("lee", "oncall").Reviews.CloseReviewAsync(new CloseReviewRequest { ReviewId = open.Review, Comment = "it was" });

        var told = await ExplainAsync(lease);

        Assert.That((open.Justification, open.CloseTime), Is.EqualTo(("the shop is down", (DateTimeOffset?)null)));
        Assert.That((told.Decision!.BrokenGlass!.Reviewer, told.Decision.BrokenGlass.Comment), Is.EqualTo((People.IdOf("lee"), "it was")));
        Assert.That((told.Actor.Workload, told.Missing.Count), Is.EqualTo((Firefighter, 0)));
    }

    [Test]
    public async Task Request_that_waits_is_told_among_what_the_task_was_not_given()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var id = (await ParkAsync(agent, Agent.Request(task, OneOfOncall))).ApprovalId;

        var told = (await new AuditService.AuditServiceClient(agent.Calls).ExplainTaskAsync(new ExplainTaskRequest { TaskId = task, Own = true })).Explanation;

        var decision = told.TurnedDown.Single();
        Assert.That((decision.Refusal, decision.Approval.ApprovalId), Is.EqualTo(("ApprovalNeeded", id)));
    }

    private async Task<SecretsBroker.Explaining.LeaseExplanation> ExplainAsync(string lease)
    {
        using var logs = await new AuditSource(Broker.Sandbox.AuditFolder).OpenAsync(default);
        return new Explainer([logs], AuditReadBudget.Unlimited(default), TimeProvider.System.GetUtcNow())
            .ExplainLease(lease, known: null, since: null).Explanation!;
    }
}
