using SecretsBroker.Audit;
using SecretsBroker.Tests.Approvals;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.CommandLine.Approvals;

/// <summary><c>broker approval</c> and <c>broker review</c> against a broker that runs.</summary>
[NonParallelizable]
internal sealed class ApprovalCommandTests : ApprovalFixture
{
    [Test]
    public async Task Request_is_listed_shown_whole_and_approved_by_its_id()
    {
        var (name, agent, request, id) = await ParkedAsync(OneOfOncall);

        var list = await RunAsync("approval", "list");
        var show = await RunAsync("approval", "show", id);
        var approve = await RunAsync("approval", "approve", id, "--reason", "the invoice is theirs");

        Assert.Multiple(() =>
        {
            Assert.That((list.ExitCode, show.ExitCode, approve.ExitCode), Is.EqualTo((0, 0, 0)), list.Errors + show.Errors + approve.Errors);
            Assert.That(list.Output, Does.Contain(id).And.Contain($"{Sandbox.Workload(name)} wants to read on {OneOfOncall}"));
            Assert.That(show.Output, Does.Match("pending until .*, needs oncall").And.Match("permitted by +one of policies [0-9a-f]{64}"));
            Assert.That(show.Output, Does.Match("bound to +[0-9a-f]{64}").And.Match("by grant +read-items \\(fake at vault\\)"));
            Assert.That(approve.Output, Does.Contain("approved, may be used until"));
        });
        request.ApprovalId = id;
        await agent.Leases.IssueLeaseAsync(request);
        Assert.That((await RunAsync("approval", "show", id)).Output, Does.Contain($"{id}  used").And.Match("approved by +spiffe.*lee for oncall.*the invoice is theirs"));
    }

    [Test]
    public async Task Request_is_rejected_with_a_reason()
    {
        var (_, agent, request, id) = await ParkedAsync(OneOfOncall);

        var reject = await RunAsync("approval", "reject", id, "--reason", "nobody asked for this");
        var late = await RunAsync("approval", "approve", id, "--reason", "or did they");

        Assert.That((reject.ExitCode, reject.Output.Trim(), late.ExitCode), Is.EqualTo((0, "rejected", 2)));
        Assert.That(late.Errors, Does.Contain("said the opposite before"));
        request.ApprovalId = id;
        Assert.That((await RefusedAsync(Grpc.Core.StatusCode.PermissionDenied, agent, request)).Reason, Is.EqualTo("APPROVAL_REJECTED"));
    }

    [Test]
    public async Task Watching_shows_what_waits_until_it_is_interrupted()
    {
        var (_, _, _, id) = await ParkedAsync(OneOfOncall);

        var watch = await BrokerRun.InvokeUntilAsync(
            written => written.Contains(id, StringComparison.Ordinal), await ArgumentsAsync("approval", "watch"));

        Assert.That(watch.ExitCode, Is.Zero, watch.Errors);
        Assert.That(watch.Output, Does.Contain(id).And.Contain("Nobody watches any more"));
    }

    [Test]
    public async Task Watching_goes_on_when_a_stream_is_over()
    {
        var (_, _, _, id) = await ParkedAsync(OneOfOncall);
        var arguments = await ArgumentsAsync("approval", "watch");
        await File.WriteAllTextAsync(arguments[^1], People.TokenOf("lou", TimeSpan.FromSeconds(1), "oncall"));
        using var both = new CancellationTokenSource();

        var watching = BrokerRun.InvokeUntilAsync(
            written => both.IsCancellationRequested && written.Contains(id, StringComparison.Ordinal), arguments);
        await Wait.UntilAsync(async () => watching.IsCompleted || (await RecordsAsync(record =>
            record.Type == AuditEventType.OperatorDecided && record.Workload == People.IdOf("lou"))).Count >= 2);
        await both.CancelAsync();

        var watch = await watching;
        Assert.That(watch.ExitCode, Is.Zero, watch.Errors);
        Assert.That(watch.Output.Split(id), Has.Length.EqualTo(2), "nothing is shown twice");
    }

    [Test]
    public async Task Broken_glass_is_listed_and_closed_with_a_comment()
    {
        var agent = Broker.Agent(Emergencies);
        var request = Agent.Request(await agent.StartTaskAsync(), OneOfOncall);
        request.BreakGlass = new BreakGlass { Justification = "the shop is down" };
        var issued = await agent.Leases.IssueLeaseAsync(request);
        var review = (await Approvals.ListReviewsAsync(10, default)).Single(one => one.DecisionId == issued.Lease.DecisionId).Id;

        var list = await RunAsync("review", "list");
        var close = await RunAsync("review", "close", review, "--comment", "the outage was real");
        var again = await RunAsync("review", "close", review, "--comment", "the outage was real");

        Assert.That(list.Output, Does.Contain(review).And.Contain("the shop is down").And.Contain("without the approval of oncall"));
        Assert.That((list.ExitCode, close.ExitCode, again.ExitCode), Is.EqualTo((0, 0, 2)));
        Assert.That(await Approvals.FindReviewAsync(review, default), Is.Null);
    }

    [TestCase("approval", "approve", "a-0", "--reason: say why")]
    [TestCase("approval", "reject", "a-0", "--reason: say why")]
    [TestCase("review", "close", "r-0", "--comment: say what was found")]
    public async Task Nothing_is_said_without_words(params string[] arguments)
    {
        var run = await RunAsync(arguments[..^1]);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain(arguments[^1]));
    }

    [TestCase("approval", "Exit codes")]
    [TestCase("review", "Exit codes")]
    public async Task Help_says_what_happens(string verb, string expected) =>
        Assert.That((await BrokerRun.InvokeAsync([verb, "--help"])).Output, Does.Contain(expected));

    private async Task<(string Name, Agent Agent, IssueLeaseRequest Request, string Id)> ParkedAsync(string resource)
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var request = Agent.Request(await agent.StartTaskAsync(), resource);
        return (name, agent, request, (await ParkAsync(agent, request)).ApprovalId);
    }

    /// <summary>As somebody on call.</summary>
    private async Task<ProgramRun> RunAsync(params string[] arguments) => await BrokerRun.InvokeAsync(await ArgumentsAsync(arguments));

    private async Task<string[]> ArgumentsAsync(params string[] arguments)
    {
        var token = Broker.Sandbox.PathOf("lee.token");
        await File.WriteAllTextAsync(token, People.TokenOf("lee", "oncall"));
        return [.. arguments, "--address", $"http://{Broker.Channel.Target}", "--token-file", token];
    }
}
