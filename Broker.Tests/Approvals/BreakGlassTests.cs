using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.KillSwitch;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using KillOrder = SecretsBroker.KillSwitch.KillOrder;
using KillSelector = SecretsBroker.KillSwitch.KillSelector;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>Who goes without the approval that policy demands, and what is left behind of it.</summary>
[NonParallelizable]
internal sealed class BreakGlassTests : ApprovalFixture
{
    [TearDown]
    public async Task CloseAllAsync()
    {
        foreach (var review in await Approvals.ListReviewsAsync(100, default))
        {
            await Approvals.CloseReviewAsync(review.Id, default);
        }
    }

    [Test]
    public async Task Whom_policy_lets_has_the_secret_at_once_and_leaves_an_open_review_and_a_record()
    {
        var agent = Broker.Agent(Emergencies);
        var issued = await agent.Leases.IssueLeaseAsync(await BreakAsync(agent, OneOfOncall, "the shop is down, INC-15"));

        var review = (await ReviewsAsync()).Single();
        Assert.That(issued.Lease.State, Is.EqualTo(LeaseState.Active));
        Assert.That(
            (review.Subject.Workload, review.Justification, review.DecisionId, review.ApprovalGroups.Single()),
            Is.EqualTo((Sandbox.Workload(Emergencies).Value, "the shop is down, INC-15", issued.Lease.DecisionId, "oncall")));
        var record = (await RecordsAsync(one => one.Type == AuditEventType.GlassBroken && one.Review == review.ReviewId)).Single();
        Assert.That(
            (record.Workload, record.Reason, record.Resource, record.DecisionId),
            Is.EqualTo((Sandbox.Workload(Emergencies).Value, "the shop is down, INC-15", OneOfOncall, issued.Lease.DecisionId)));
    }

    [Test]
    public async Task Review_is_closed_by_somebody_else_with_a_comment_and_once()
    {
        var agent = Broker.Agent(Emergencies);
        await agent.Leases.IssueLeaseAsync(await BreakAsync(agent, OneOfOncall));
        var review = (await ReviewsAsync()).Single().ReviewId;

        var own = await CloseAsync(StatusCode.PermissionDenied, new Person(agent), review);
        await PersonOf("lee", "oncall").Reviews.CloseReviewAsync(new CloseReviewRequest { ReviewId = review, Comment = "the outage was real" });
        var again = await CloseAsync(StatusCode.NotFound, PersonOf("kim", "oncall"), review);

        Assert.That((own.Reason, again.Reason), Is.EqualTo(("SEPARATION_OF_DUTIES", "REVIEW_NOT_FOUND")));
        Assert.That(await ReviewsAsync(), Is.Empty);
        var closed = (await RecordsAsync(record => record.Type == AuditEventType.ReviewClosed && record.Review == review)).Single();
        Assert.That((closed.Workload, closed.Reason), Is.EqualTo((People.IdOf("lee"), "the outage was real")));
    }

    [Test]
    public async Task Whom_policy_does_not_let_gets_nothing()
    {
        var agent = NewAgent();

        var refused = await RefusedAsync(StatusCode.PermissionDenied, agent, await BreakAsync(agent, OneOfOncall));

        Assert.That((refused.Reason, await ReasonOfAsync(refused)), Is.EqualTo(("BREAK_GLASS_DENIED", "BreakGlassDenied")));
        Assert.That(await ReviewsAsync(), Is.Empty);
    }

    [Test]
    public async Task Glass_is_not_broken_against_a_forbid()
    {
        var agent = Broker.Agent(Emergencies);

        var refused = await RefusedAsync(StatusCode.PermissionDenied, agent, await BreakAsync(agent, Forbidden));

        Assert.That(refused.Reason, Is.EqualTo("DENIED"));
        Assert.That(await ReviewsAsync(), Is.Empty);
    }

    [Test]
    public async Task Glass_is_not_broken_without_a_permit()
    {
        var agent = Broker.Agent(Emergencies);
        var request = await BreakAsync(agent, OneOfOncall);
        request.Intent.Action = "delete";

        Assert.That((await RefusedAsync(StatusCode.PermissionDenied, agent, request)).Reason, Is.EqualTo("DENIED"));
        Assert.That(await ReviewsAsync(), Is.Empty);
    }

    [Test]
    public async Task Glass_is_not_broken_against_a_kill_order_and_somebody_asks_about_the_attempt()
    {
        var agent = Broker.Agent(Emergencies);
        var request = await BreakAsync(agent, OneOfOncall);
        var order = new KillOrder("k-glass", new KillSelector(KillScope.Resource, "vault"), "a test", "an operator", default);
        await Broker.Store.AddKillOrderAsync(order, default);
        try
        {
            Assert.That((await RefusedAsync(StatusCode.PermissionDenied, agent, request)).Reason, Is.EqualTo("KILLED"));
        }
        finally
        {
            await Broker.Store.LiftKillOrderAsync("k-glass", default);
        }

        Assert.That(await ReviewsAsync(), Has.Count.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("a\u0007bell")]
    public async Task Glass_is_not_broken_without_saying_why(string justification)
    {
        var agent = Broker.Agent(Emergencies);

        var refused = await RefusedAsync(StatusCode.InvalidArgument, agent, await BreakAsync(agent, OneOfOncall, justification));

        Assert.That(refused.Field, Is.EqualTo("break_glass.justification"));
        Assert.That(await ReviewsAsync(), Is.Empty);
    }

    [Test]
    public async Task Approval_and_broken_glass_are_not_had_together()
    {
        var agent = Broker.Agent(Emergencies);
        var request = await BreakAsync(agent, OneOfOncall);
        request.ApprovalId = (await ParkAsync(agent, Agent.Request(request.TaskId, OneOfOncall))).ApprovalId;

        Assert.That((await RefusedAsync(StatusCode.InvalidArgument, agent, request)).Field, Is.EqualTo("break_glass"));
    }

    [Test]
    public async Task Glass_that_nothing_is_behind_stays_whole()
    {
        var agent = Broker.Agent(Emergencies);

        await agent.Leases.IssueLeaseAsync(await BreakAsync(agent, Free));

        Assert.That(await ReviewsAsync(), Is.Empty);
    }

    [Test]
    public async Task Agent_neither_sees_nor_closes_reviews()
    {
        var agent = NewAgent();

        await Rpc.RefusedAsync(
            StatusCode.PermissionDenied, async () => await new Person(agent).Reviews.ListReviewsAsync(new ListReviewsRequest()));
        Assert.That((await CloseAsync(StatusCode.PermissionDenied, new Person(agent), "r-d-1")).Reason, Is.EqualTo("OPERATOR_DENIED"));
    }

    private async Task<IReadOnlyList<Review>> ReviewsAsync() =>
        (await PersonOf("lee", "oncall").Reviews.ListReviewsAsync(new ListReviewsRequest())).Reviews;

    private static async Task<IssueLeaseRequest> BreakAsync(Agent agent, string resource, string justification = "the shop is down")
    {
        var request = Agent.Request(await agent.StartTaskAsync(), resource);
        request.BreakGlass = new BreakGlass { Justification = justification };
        return request;
    }

    private static async Task<ErrorDetail> CloseAsync(StatusCode code, Person person, string review) =>
        Rpc.DetailOf(await Rpc.RefusedAsync(code, async () => await person.Reviews.CloseReviewAsync(
            new CloseReviewRequest { ReviewId = review, Comment = "a test" })));
}
