using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>What a whole broker tells its webhook.</summary>
internal sealed class ApprovalNoticeTests : ApprovalFixture
{
    private WebhookReceiver _receiver = null!;

    protected override async Task<BrokerUnderTest> StartAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        // Set for the whole process, and named as nothing else is.
        Environment.SetEnvironmentVariable("TEST_APPROVAL_NOTICE_KEY", "a key that has enough bytes for it");
        return await StartAsync(
            configure: null, ("Approvals:Webhook:Url", _receiver.Url), ("Approvals:Webhook:Key:Env", "TEST_APPROVAL_NOTICE_KEY"));
    }

    [OneTimeTearDown]
    public ValueTask StopAsync() => _receiver.DisposeAsync();

    [Test]
    public async Task Requests_and_what_is_decided_are_told()
    {
        var agent = NewAgent();
        var approved = await ApprovedAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall));
        var rejected = (await ParkAsync(agent, Agent.Request(await agent.StartTaskAsync(), OneOfOncall))).ApprovalId;
        await PersonOf("lee", "oncall").RejectAsync(rejected, "nobody asked for this");

        await _receiver.WaitForAsync("approval.requested", approved.ApprovalId);
        await _receiver.WaitForAsync("approval.approved", approved.ApprovalId);
        var told = await _receiver.WaitForAsync("approval.rejected", rejected);

        Assert.That(told.Body, Does.Contain("nobody asked for this").And.Contain(People.IdOf("lee")));
    }

    [Test]
    public async Task Broken_glass_and_its_review_are_told()
    {
        var agent = Broker.Agent(Emergencies);
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);
        request.BreakGlass = new BreakGlass { Justification = "the shop is down" };
        var decision = (await agent.Leases.IssueLeaseAsync(request)).Lease.DecisionId;
        var review = (await Approvals.ListReviewsAsync(10, default)).Single(one => one.DecisionId == decision).Id;
        await PersonOf("lee", "oncall").Reviews.CloseReviewAsync(new CloseReviewRequest { ReviewId = review, Comment = "it was" });

        Assert.That((await _receiver.WaitForAsync("break_glass.used", review)).Body, Does.Contain("the shop is down"));
        Assert.That((await _receiver.WaitForAsync("break_glass.reviewed", review)).Body, Does.Contain("it was").And.Contain(People.IdOf("lee")));
    }
}
