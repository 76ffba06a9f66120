using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>The way of a request that needs an approval.</summary>
internal sealed class ApprovalTests : ApprovalFixture
{
    [Test]
    public async Task Parked_request_is_served_once_somebody_of_the_group_approved_it_and_the_audit_log_says_who_and_why()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);
        var parked = await ParkAsync(agent, request);

        var approval = await PersonOf("lee", "oncall").ApproveAsync(parked.ApprovalId, "the invoice is theirs, OPS-77");
        request.ApprovalId = parked.ApprovalId;
        var issued = await agent.Leases.IssueLeaseAsync(request);

        Assert.That((approval.State, issued.Lease.State), Is.EqualTo((ApprovalState.Approved, LeaseState.Active)));
        var records = await RecordsAsync(record => record.Approval == parked.ApprovalId && record.Type != AuditEventType.Refused);
        Assert.That(
            records.Select(record => (record.Type, record.Workload, record.Requester)),
            Is.EqualTo(new[]
            {
                (AuditEventType.ApprovalRequested, Sandbox.Workload(name).Value, Sandbox.Workload(name).Value),
                (AuditEventType.ApprovalVoted, People.IdOf("lee"), Sandbox.Workload(name).Value),
                (AuditEventType.ApprovalUsed, Sandbox.Workload(name).Value, Sandbox.Workload(name).Value),
            }));
        Assert.That(records.Select(record => record.SubjectHash), Is.All.EqualTo(approval.Subject.SubjectHash));
        Assert.That(
            (records[1].Reason, records[1].Outcome, records[1].Groups, records[1].Resource),
            Is.EqualTo(("the invoice is theirs, OPS-77", "approved", new[] { "oncall" }, OneOfOncall)));
        Assert.That(records[2].DecisionId, Is.EqualTo(issued.Lease.DecisionId), "which lease it was used for");
    }

    [Test]
    public async Task Approver_sees_exactly_what_is_asked()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        await agent.Tasks.StartTaskAsync(new StartTaskRequest
        {
            TaskId = name,
            Purpose = "close the books",
            Initiator = "carol@example.org",
            Labels = { ["quarter"] = "3" },
        });
        var request = Agent.Request(name, OneOfOncall, TimeSpan.FromSeconds(90));
        var parked = await ParkAsync(agent, request);

        var seen = (await PersonOf("lee", "oncall").ListAsync()).Single(approval => approval.ApprovalId == parked.ApprovalId);

        var subject = seen.Subject;
        Assert.Multiple(() =>
        {
            Assert.That((seen.State, seen.DecisionId), Is.EqualTo((ApprovalState.Pending, parked.DecisionId)));
            Assert.That((subject.Workload, subject.TaskId, subject.TaskPurpose), Is.EqualTo((Sandbox.Workload(name).Value, name, "close the books")));
            Assert.That((subject.Initiator, subject.Labels["quarter"]), Is.EqualTo(("carol@example.org", "3")));
            Assert.That(subject.Intent, Is.EqualTo(request.Intent));
            Assert.That((subject.Grant, subject.Engine, subject.Target), Is.EqualTo(("read-items", "fake", "vault")));
            Assert.That(subject.Policies, Is.EqualTo(new[] { "one" }));
            Assert.That(new[] { subject.PolicyHash, subject.CatalogHash, subject.SubjectHash }, Has.All.Length.EqualTo(64));
            Assert.That(seen.Demands.Single(), Is.EqualTo(new ApprovalDemand { Group = "oncall", Count = 1, Missing = 1 }));
        });
    }

    [Test]
    public async Task Same_request_asks_once_and_says_when_it_is_still_pending()
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);

        var first = await ParkAsync(agent, request);
        var again = await ParkAsync(agent, request);
        request.ApprovalId = first.ApprovalId;
        var early = await RefusedAsync(StatusCode.FailedPrecondition, agent, request);

        Assert.That((again.ApprovalId, early.ApprovalId, early.Reason), Is.EqualTo((first.ApprovalId, first.ApprovalId, "APPROVAL_NEEDED")));
        Assert.That(
            await RecordsAsync(record => record.Type == AuditEventType.ApprovalRequested && record.Approval == first.ApprovalId), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Who_waits_is_told_of_every_vote_and_of_the_end()
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), TwoOfOncall);
        var id = (await ParkAsync(agent, request)).ApprovalId;
        using var waiting = new Person(agent).Calls.WaitApproval(new WaitApprovalRequest { ApprovalId = id });

        Assert.That((await NextAsync(waiting)).State, Is.EqualTo(ApprovalState.Pending));
        await PersonOf("lee", "oncall").ApproveAsync(id);
        var half = await NextAsync(waiting);
        Assert.That((half.State, half.Votes.Count, half.Demands.Single().Missing), Is.EqualTo((ApprovalState.Pending, 1, 1)));
        await PersonOf("kim", "oncall").ApproveAsync(id);
        Assert.That((await NextAsync(waiting)).State, Is.EqualTo(ApprovalState.Approved));

        request.ApprovalId = id;
        await agent.Leases.IssueLeaseAsync(request);

        Assert.That((await NextAsync(waiting)).State, Is.EqualTo(ApprovalState.Used));
        Assert.That(await waiting.ResponseStream.MoveNext(default), Is.False);
    }

    [Test]
    public async Task Who_watches_sees_what_comes_and_what_becomes_of_it()
    {
        using var watching = PersonOf("lee", "oncall").Calls.WatchApprovals(new WatchApprovalsRequest());
        var agent = NewAgent();
        var id = (await ParkAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall))).ApprovalId;

        Assert.That((await UntilAsync(watching, id)).State, Is.EqualTo(ApprovalState.Pending));
        await PersonOf("kim", "oncall").RejectAsync(id);

        var ended = await UntilAsync(watching, id);
        Assert.That((ended.State, ended.Votes.Single().Reason), Is.EqualTo((ApprovalState.Rejected, "nobody asked")));
    }

    [Test]
    public async Task Who_watches_does_so_no_longer_than_the_token_lasts()
    {
        var lee = new Person(Agent.At(Broker.Channel, People.TokenOf("lee", TimeSpan.FromSeconds(1), "oncall")));

        using var watching = lee.Calls.WatchApprovals(new WatchApprovalsRequest(), deadline: InAMinute());

        await IsOverAsync(watching.ResponseStream);
    }

    [Test]
    public async Task Who_waits_does_so_no_longer_than_the_token_lasts()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var id = (await ParkAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall))).ApprovalId;
        var same = new Person(Agent.At(Broker.Channel, Broker.Sandbox.Token(name, lifetime: TimeSpan.FromSeconds(1))));

        using var waiting = same.Calls.WaitApproval(new WaitApprovalRequest { ApprovalId = id }, deadline: InAMinute());

        await IsOverAsync(waiting.ResponseStream);
    }

    [Test]
    public async Task Every_demand_of_every_policy_that_permits_has_to_be_fulfilled()
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), OncallAndFinance);
        var id = (await ParkAsync(agent, request)).ApprovalId;

        var first = await PersonOf("lee", "oncall", "finance").ApproveAsync(id);
        var second = await PersonOf("kim", "finance").ApproveAsync(id);

        Assert.That((first.State, second.State), Is.EqualTo((ApprovalState.Pending, ApprovalState.Approved)));
        request.ApprovalId = id;
        await agent.Leases.IssueLeaseAsync(request);
    }

    [Test]
    public async Task Workload_can_be_named_as_the_only_one_who_may_approve()
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), TheDesk);
        var id = (await ParkAsync(agent, request)).ApprovalId;

        await PersonOf("lee", "oncall", Sandbox.Workload("desk").Value).RefusedAsync(StatusCode.PermissionDenied, id);
        await new Person(Broker.Agent("desk")).ApproveAsync(id);

        request.ApprovalId = id;
        await agent.Leases.IssueLeaseAsync(request);
    }

    [Test]
    public async Task New_task_is_opened_when_its_secret_is_approved_and_not_before()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var request = Agent.Request("", OneOfOncall);
        request.NewTask = new NewTask();
        var parked = await ParkAsync(agent, request);
        Assert.That((await ParkAsync(agent, request)).ApprovalId, Is.EqualTo(parked.ApprovalId), "though the broker chooses another id");
        Assert.That(await RecordsAsync(record => record.Type == AuditEventType.TaskStarted && record.Workload == Sandbox.Workload(name).Value), Is.Empty);

        await PersonOf("lee", "oncall").ApproveAsync(parked.ApprovalId);
        request.ApprovalId = parked.ApprovalId;
        var issued = await agent.Leases.IssueLeaseAsync(request);

        Assert.That((await agent.Tasks.GetTaskAsync(new GetTaskRequest { TaskId = issued.Lease.TaskId })).Task.Outcome, Is.EqualTo(TaskOutcome.Unspecified));
    }

    [Test]
    public async Task Renewal_that_needs_an_approval_waits_for_one_of_its_own()
    {
        var agent = NewAgent();
        var issued = await agent.Leases.IssueLeaseAsync(
            await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall, TimeSpan.FromSeconds(60))));
        var renewal = new RenewLeaseRequest { LeaseId = issued.Lease.LeaseId };

        var parked = Rpc.DetailOf(await Rpc.RefusedAsync(StatusCode.FailedPrecondition, async () => await agent.Leases.RenewLeaseAsync(renewal)));
        var approval = await PersonOf("lee", "oncall").ApproveAsync(parked.ApprovalId);
        renewal.ApprovalId = parked.ApprovalId;
        var renewed = await agent.Leases.RenewLeaseAsync(renewal);
        var twice = Rpc.DetailOf(await Rpc.RefusedAsync(StatusCode.FailedPrecondition, async () => await agent.Leases.RenewLeaseAsync(renewal)));

        Assert.That((parked.Reason, approval.Subject.LeaseId), Is.EqualTo(("APPROVAL_NEEDED", issued.Lease.LeaseId)));
        Assert.That(renewed.Lease.ExpireTime, Is.GreaterThan(issued.Lease.ExpireTime));
        Assert.That(twice.Reason, Is.EqualTo("APPROVAL_ENDED"));
    }

    [Test]
    public async Task Approval_that_is_not_needed_is_passed_over()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var approved = await ApprovedAsync(agent, Agent.Request(task, OneOfOncall));
        var free = Agent.Request(task, Free);
        free.ApprovalId = approved.ApprovalId;

        await agent.Leases.IssueLeaseAsync(free);

        await agent.Leases.IssueLeaseAsync(approved);
    }

    [Test]
    public async Task Workload_may_ask_for_so_many_and_no_more()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        for (var i = 0; i < 20; i++)
        {
            await ParkAsync(agent, Agent.Request(task, OneOfOncall, TimeSpan.FromSeconds(10 + i)));
        }

        var refused = await RefusedAsync(StatusCode.ResourceExhausted, agent, Agent.Request(task, OneOfOncall, TimeSpan.FromSeconds(40)));

        Assert.That((refused.Reason, refused.Retryable), Is.EqualTo(("APPROVAL_QUOTA", true)));
        Assert.That(await ReasonOfAsync(refused), Is.EqualTo("ApprovalQuota"));
    }

    private static async Task<Approval> NextAsync(AsyncServerStreamingCall<WaitApprovalResponse> waiting)
    {
        Assert.That(await waiting.ResponseStream.MoveNext(default), Is.True);
        return waiting.ResponseStream.Current.Approval;
    }

    private static DateTime InAMinute() => TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1);

    private static async Task IsOverAsync<T>(IAsyncStreamReader<T> stream)
    {
        var over = await Rpc.RefusedAsync(StatusCode.Unavailable, async () =>
        {
            while (await stream.MoveNext(default))
            {
            }
        });
        Assert.That((Rpc.DetailOf(over).Reason, Rpc.DetailOf(over).Retryable), Is.EqualTo(("WATCH_OVER", true)));
    }

    private static async Task<Approval> UntilAsync(AsyncServerStreamingCall<WatchApprovalsResponse> watching, string id)
    {
        while (await watching.ResponseStream.MoveNext(default))
        {
            if (watching.ResponseStream.Current.Approval.ApprovalId == id)
            {
                return watching.ResponseStream.Current.Approval;
            }
        }

        throw new AssertionException("the stream ended");
    }
}
