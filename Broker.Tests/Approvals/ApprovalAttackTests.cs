using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.KillSwitch;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.EndToEnd.Delegations;
using SecretsBroker.V1;
using KillOrder = SecretsBroker.KillSwitch.KillOrder;
using KillSelector = SecretsBroker.KillSwitch.KillSelector;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>Ways to a secret past those who should approve it. None leads there, and the audit log says why.</summary>
internal sealed class ApprovalAttackTests : ApprovalFixture
{
    // ---- who approves

    [Test]
    public async Task Nobody_approves_their_own_request()
    {
        var lee = Agent.At(Broker.Channel, People.TokenOf("lee", "oncall"));
        var request = Agent.Request(await lee.StartTaskAsync(), OneOfOncall);
        var id = (await ParkAsync(lee, request)).ApprovalId;

        var refused = await new Person(lee).RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("SEPARATION_OF_DUTIES"));
        await AssertNotCountedAsync(id, People.IdOf("lee"), "IsParty");
        await AssertStillPendingAsync(lee, request, id);
    }

    [TestCase("carol@example.org", Description = "known by a claim")]
    [TestCase("spiffe://people.example/carol", Description = "known by the id")]
    public async Task On_whose_behalf_it_is_done_does_not_approve_it(string initiator)
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        await agent.Tasks.StartTaskAsync(new StartTaskRequest { TaskId = name, Purpose = "a test", Initiator = initiator });
        var request = Agent.Request(name, OneOfOncall);
        var id = (await ParkAsync(agent, request)).ApprovalId;

        var refused = await PersonOf("carol", "oncall").RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("SEPARATION_OF_DUTIES"));
        await AssertNotCountedAsync(id, People.IdOf("carol"), "IsParty");
        await AssertStillPendingAsync(agent, request, id);
    }

    [Test]
    public async Task Whom_a_token_shows_as_the_initiator_does_not_approve_it()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        await agent.Tasks.StartTaskAsync(new StartTaskRequest { TaskId = name, Purpose = "a test", InitiatorToken = People.InitiatorTokenOf("dora") });
        var request = Agent.Request(name, OneOfOncall);
        var id = (await ParkAsync(agent, request)).ApprovalId;

        var refused = await PersonOf("dora", "oncall").RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("SEPARATION_OF_DUTIES"));
        await AssertNotCountedAsync(id, People.IdOf("dora"), "IsParty");
        await AssertStillPendingAsync(agent, request, id);
        var shown = (await PersonOf("lee", "oncall").ApproveAsync(id)).Subject;
        Assert.That((shown.InitiatorVerified, shown.Initiator), Is.EqualTo((true, $"{People.Issuer}#dora")));
    }

    [Test]
    public async Task Who_delegated_it_does_not_approve_it()
    {
        var name = NewName();
        var (root, worker) = (new Party("desk", Broker.Agent("desk")), new Party(name, Broker.Agent(name)));
        var (_, task) = await root.HandOnAsync(await root.StartAsync(resource: TheDesk), worker);
        var request = Agent.Request(task, TheDesk);
        request.Intent.Purpose = Party.Purpose;
        var id = (await ParkAsync(worker.Agent, request)).ApprovalId;

        var refused = await new Person(root.Agent).RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("SEPARATION_OF_DUTIES"));
        await AssertNotCountedAsync(id, root.Id, "IsParty");
        await AssertStillPendingAsync(worker.Agent, request, id);
        Assert.That((await new Person(worker.Agent).GetAsync(id)).Subject.Chain, Does.Contain(root.Id));
    }

    [Test]
    public async Task Nobody_outside_the_group_approves_though_policy_lets_them()
    {
        var (agent, request, id) = await ParkedAsync(OneOfOncall);

        var refused = await PersonOf("mallory", "finance", "Oncall", "oncall ").RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("NOT_ASKED"));
        await AssertNotCountedAsync(id, People.IdOf("mallory"), "NotAsked");
        await AssertStillPendingAsync(agent, request, id);
    }

    [Test]
    public async Task Member_whom_policy_does_not_let_speak_for_the_group_does_not_approve()
    {
        var (agent, request, id) = await ParkedAsync(OneOfOncall);

        var refused = await PersonOf("suspended", "oncall").RefusedAsync(StatusCode.PermissionDenied, id);

        Assert.That(refused.Reason, Is.EqualTo("OPERATOR_DENIED"));
        var decision = (await RecordsAsync(record => record.Type == AuditEventType.OperatorDecided && record.DecisionId == refused.DecisionId)).Single();
        Assert.That((decision.Allowed, decision.Resource), Is.EqualTo(((bool?)false, "Broker::ApprovalGroup::\"oncall\"")));
        await AssertStillPendingAsync(agent, request, id);
    }

    [Test]
    public async Task One_approver_counts_once_also_at_the_same_time_and_in_several_groups()
    {
        var (agent, request, id) = await ParkedAsync(TwoOfOncall);
        var (both, bothRequest, bothId) = await ParkedAsync(OncallAndFinance);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PersonOf("lee", "oncall").ApproveAsync(id)));
        await PersonOf("lee", "oncall").ApproveAsync(id);
        await PersonOf("lee", "oncall", "finance").ApproveAsync(bothId);
        await PersonOf("lee", "finance").ApproveAsync(bothId);

        Assert.That((await PersonOf("kim", "oncall").GetAsync(id)).Votes, Has.Count.EqualTo(1));
        await AssertStillPendingAsync(agent, request, id);
        await AssertStillPendingAsync(both, bothRequest, bothId);
    }

    [Test]
    public async Task Nobody_takes_a_vote_back()
    {
        var (_, _, id) = await ParkedAsync(TwoOfOncall);
        await PersonOf("lee", "oncall").ApproveAsync(id);

        var refused = await PersonOf("lee", "oncall").RefusedAsync(StatusCode.FailedPrecondition, id, Verdict.Reject);

        Assert.That(refused.Reason, Is.EqualTo("HAS_VOTED"));
    }

    [Test]
    public async Task Agent_neither_lists_nor_watches_what_others_ask_for()
    {
        var (_, _, id) = await ParkedAsync(OneOfOncall);
        var other = new Person(NewAgent());

        await Rpc.RefusedAsync(StatusCode.PermissionDenied, other.ListAsync);
        await Rpc.RefusedAsync(
            StatusCode.PermissionDenied,
            async () => await other.Calls.WatchApprovals(new WatchApprovalsRequest()).ResponseStream.MoveNext(default));
        await Rpc.RefusedAsync(StatusCode.NotFound, () => other.GetAsync(id));
        await Rpc.RefusedAsync(
            StatusCode.NotFound,
            async () => await other.Calls.WaitApproval(new WaitApprovalRequest { ApprovalId = id }).ResponseStream.MoveNext(default));
    }

    // ---- what is approved

    private static readonly TestCaseData<Action<IssueLeaseRequest>>[] Changes =
    [
        new(request => request.Intent.Resource = TwoOfOncall) { TestName = "{m}(resource)" },
        new(request => request.Intent.TimeToLive = TimeSpan.FromSeconds(61).ToDuration()) { TestName = "{m}(longer)" },
        new(request => request.Intent.TimeToLive = TimeSpan.FromSeconds(59).ToDuration()) { TestName = "{m}(shorter)" },
        new(request => request.Intent.Tool = "curl") { TestName = "{m}(tool)" },
        new(request => request.Intent.Purpose = "a test ") { TestName = "{m}(purpose)" },
        new(request => request.NewTask = new NewTask()) { TestName = "{m}(task)" },
    ];

    [TestCaseSource(nameof(Changes))]
    public async Task Approval_is_for_what_was_shown_and_nothing_else(Action<IssueLeaseRequest> change)
    {
        var agent = NewAgent();
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall, TimeSpan.FromSeconds(60)));
        var changed = approved.Clone();
        change(changed);

        var refused = await RefusedAsync(StatusCode.FailedPrecondition, agent, changed);

        Assert.That((refused.Reason, refused.ApprovalId), Is.EqualTo(("APPROVAL_VOID", approved.ApprovalId)));
        Assert.That(await ReasonOfAsync(refused), Is.EqualTo("ApprovalVoid"));
        await agent.Leases.IssueLeaseAsync(approved);
    }

    [Test]
    public async Task Approval_for_one_task_is_none_for_another()
    {
        var agent = NewAgent();
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall));
        approved.TaskId = await agent.StartTaskAsync();

        Assert.That((await RefusedAsync(StatusCode.FailedPrecondition, agent, approved)).Reason, Is.EqualTo("APPROVAL_VOID"));
    }

    [Test]
    public async Task Approval_to_read_is_none_to_delete()
    {
        var agent = NewAgent();
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall));
        approved.Intent.Action = "delete";

        Assert.That((await RefusedAsync(StatusCode.PermissionDenied, agent, approved)).Reason, Is.EqualTo("DENIED"));
    }

    [Test]
    public async Task Approval_for_a_lease_stretches_none()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var first = await agent.Leases.IssueLeaseAsync(await ApprovedAsync(agent, Agent.Request(task, OneOfOncall)));
        var second = await ApprovedAsync(agent, Agent.Request(task, OneOfOncall));

        var refused = await Rpc.RefusedAsync(
            StatusCode.FailedPrecondition,
            async () => await agent.Leases.RenewLeaseAsync(
                new RenewLeaseRequest { LeaseId = first.Lease.LeaseId, ApprovalId = second.ApprovalId }));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("APPROVAL_VOID"));
    }

    // ---- whose it is, and how often

    [Test]
    public async Task Approval_serves_one_of_many_calls_at_the_same_time()
    {
        var agent = NewAgent();
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall));

        var calls = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            try
            {
                await agent.Leases.IssueLeaseAsync(approved);
                return "";
            }
            catch (RpcException e)
            {
                return Rpc.DetailOf(e).Reason;
            }
        }));

        Assert.That(calls.Count(reason => reason.Length == 0), Is.EqualTo(1));
        Assert.That(calls.Where(reason => reason.Length > 0), Is.All.EqualTo("APPROVAL_ENDED"));
        Assert.That((await agent.Leases.ListLeasesAsync(new ListLeasesRequest())).Leases, Has.Count.EqualTo(1));
        Assert.That(
            await RecordsAsync(record => record.Type == AuditEventType.ApprovalUsed && record.Approval == approved.ApprovalId), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Approval_of_another_workload_does_not_exist()
    {
        var (agent, _, id) = await ParkedAsync(OneOfOncall);
        var approval = await PersonOf("lee", "oncall").ApproveAsync(id);
        var thief = NewAgent();
        var request = Agent.Request(await thief.StartTaskAsync(), OneOfOncall);
        request.ApprovalId = id;

        var refused = await RefusedAsync(StatusCode.NotFound, thief, request);

        Assert.That(refused.Reason, Is.EqualTo("APPROVAL_NOT_FOUND"));
        Assert.That((await new Person(agent).GetAsync(id)).State, Is.EqualTo(approval.State));
    }

    [TestCase("a-000123456789abcdefghijklmn")]
    [TestCase("a-ff0123456789abcdefghijklmn")]
    [TestCase("a-00")]
    [TestCase("'; DROP TABLE approvals; --")]
    public async Task Guessed_id_is_none(string id)
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);
        request.ApprovalId = id;

        Assert.That((await RefusedAsync(StatusCode.NotFound, agent, request)).Reason, Is.EqualTo("APPROVAL_NOT_FOUND"));
        Assert.That((await PersonOf("lee", "oncall").RefusedAsync(StatusCode.NotFound, id)).Reason, Is.EqualTo("APPROVAL_NOT_FOUND"));
    }

    // ---- too late

    [Test]
    public async Task What_was_rejected_is_neither_served_nor_approved_later_nor_asked_again_at_once()
    {
        var (agent, request, id) = await ParkedAsync(TwoOfOncall);
        await PersonOf("lee", "oncall").ApproveAsync(id);
        await PersonOf("kim", "oncall").RejectAsync(id);

        var late = await PersonOf("sam", "oncall").RefusedAsync(StatusCode.FailedPrecondition, id);
        var again = await RefusedAsync(StatusCode.PermissionDenied, agent, request);
        request.ApprovalId = id;
        var used = await RefusedAsync(StatusCode.PermissionDenied, agent, request);

        Assert.That((late.Reason, again.Reason, used.Reason), Is.EqualTo(("APPROVAL_NOT_PENDING", "APPROVAL_REJECTED", "APPROVAL_REJECTED")));
        Assert.That((again.ApprovalId, await ReasonOfAsync(used)), Is.EqualTo((id, "ApprovalRejected")));
    }

    [Test]
    public async Task What_is_not_pending_is_not_approved()
    {
        var agent = NewAgent();
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall));

        Assert.That(
            (await PersonOf("kim", "oncall").RefusedAsync(StatusCode.FailedPrecondition, approved.ApprovalId)).Reason,
            Is.EqualTo("APPROVAL_NOT_PENDING"));
        await agent.Leases.IssueLeaseAsync(approved);
        Assert.That(
            (await PersonOf("sam", "oncall").RefusedAsync(StatusCode.FailedPrecondition, approved.ApprovalId)).Reason,
            Is.EqualTo("APPROVAL_NOT_PENDING"));
    }

    [Test]
    public async Task What_is_asked_for_a_task_that_has_ended_is_neither_approved_nor_served()
    {
        var (agent, request, id) = await ParkedAsync(OneOfOncall);
        var approved = await ApprovedAsync(agent, Agent.Request(request.TaskId, OneOfOncall, TimeSpan.FromSeconds(50)));
        await agent.CompleteAsync(request.TaskId);

        Assert.That((await PersonOf("lee", "oncall").RefusedAsync(StatusCode.FailedPrecondition, id)).Reason, Is.EqualTo("APPROVAL_NOT_PENDING"));
        Assert.That((await RefusedAsync(StatusCode.FailedPrecondition, agent, approved)).Reason, Is.EqualTo("TASK_ENDED"));
    }

    [Test]
    public async Task Approval_does_not_help_against_a_kill_order()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall));
        var order = new KillOrder(name, new KillSelector(KillScope.Workload, Sandbox.Workload(name).Value), "a test", "an operator", default);
        await Broker.Store.AddKillOrderAsync(order, default);

        var killed = await RefusedAsync(StatusCode.PermissionDenied, agent, approved);
        await Broker.Store.LiftKillOrderAsync(name, default);
        var later = await RefusedAsync(StatusCode.FailedPrecondition, agent, approved);

        Assert.That((killed.Reason, later.Reason), Is.EqualTo(("KILLED", "APPROVAL_ENDED")), "what was killed is not served when the order is lifted");
        Assert.That(await ReasonOfAsync(killed), Does.StartWith("Killed by"));
    }

    [Test]
    public async Task Nothing_is_parked_that_policy_forbids()
    {
        var agent = NewAgent();

        var refused = await RefusedAsync(StatusCode.PermissionDenied, agent, Agent.Request(await agent.StartTaskAsync(), Forbidden));

        Assert.That((refused.Reason, refused.ApprovalId), Is.EqualTo(("DENIED", "")));
    }

    [TestCase(Verdict.Unspecified, "a reason", "verdict")]
    [TestCase((Verdict)9, "a reason", "verdict")]
    [TestCase(Verdict.Approve, "", "reason")]
    [TestCase(Verdict.Approve, "a\nreason", "reason")]
    public async Task Vote_without_a_verdict_or_a_reason_is_none(Verdict verdict, string reason, string field)
    {
        var (agent, request, id) = await ParkedAsync(OneOfOncall);

        var refused = await Rpc.RefusedAsync(StatusCode.InvalidArgument, async () => await PersonOf("lee", "oncall").Calls.DecideApprovalAsync(
            new DecideApprovalRequest { ApprovalId = id, Verdict = verdict, Reason = reason }));

        Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo(field));
        await AssertStillPendingAsync(agent, request, id);
    }

    private async Task<(Agent Agent, IssueLeaseRequest Request, string Id)> ParkedAsync(string resource)
    {
        var agent = NewAgent();
        var request = Agent.Request(await agent.StartTaskAsync(), resource);
        return (agent, request, (await ParkAsync(agent, request)).ApprovalId);
    }

    private static async Task AssertStillPendingAsync(Agent agent, IssueLeaseRequest request, string id)
    {
        var with = request.Clone();
        with.ApprovalId = id;
        Assert.That((await RefusedAsync(StatusCode.FailedPrecondition, agent, with)).Reason, Is.EqualTo("APPROVAL_NEEDED"));
    }

    private async Task AssertNotCountedAsync(string id, string approver, string why)
    {
        var record = (await RecordsAsync(one => one.Type == AuditEventType.ApprovalVoted && one.Approval == id)).Single();
        Assert.That((record.Workload, record.Allowed, record.Reason), Is.EqualTo((approver, (bool?)false, why)));
    }
}
