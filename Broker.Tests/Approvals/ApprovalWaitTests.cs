using SecretsBroker.Client;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Approvals;

/// <summary>The client library where an approval is needed.</summary>
internal sealed class ApprovalWaitTests : ApprovalFixture
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(5);

    [Test]
    public async Task Waits_until_it_is_approved_and_has_the_secret([Values] bool isSealed)
    {
        var name = NewName();
        using var client = Connect(name);
        await using var task = await client.StartTaskAsync("pay an invoice");
        var acquiring = task.AcquireAsync("read", OneOfOncall, new LeaseOptions { ApprovalWait = LongEnough, Sealed = isSealed });

        await PersonOf("lee", "oncall").ApproveAsync(await PendingOfAsync(name));

        await using var lease = await acquiring;
        Assert.That(lease.Id, Is.Not.Empty);
    }

    [Test]
    public async Task Rejection_ends_the_wait()
    {
        var name = NewName();
        using var client = Connect(name);
        await using var task = await client.StartTaskAsync("pay an invoice");
        var acquiring = task.AcquireAsync("read", OneOfOncall, new LeaseOptions { ApprovalWait = LongEnough });

        await PersonOf("lee", "oncall").RejectAsync(await PendingOfAsync(name));

        var refused = await Assert.ThrowsAsync<AccessDeniedException>(() => acquiring);
        Assert.That(refused!.Reason, Is.EqualTo("APPROVAL_REJECTED"));
    }

    [Test]
    public async Task Who_does_not_wait_is_told_which_approval_is_needed_and_takes_it_up_later()
    {
        using var client = Connect(NewName());
        await using var task = await client.StartTaskAsync("pay an invoice");

        var needed = await Assert.ThrowsAsync<ApprovalNeededException>(() => task.AcquireAsync("read", OneOfOncall));
        var late = await Assert.ThrowsAsync<ApprovalNeededException>(
            () => task.AcquireAsync("read", OneOfOncall, new LeaseOptions { ApprovalWait = TimeSpan.FromMilliseconds(50) }));
        await PersonOf("lee", "oncall").ApproveAsync(needed!.ApprovalId);
        await using var lease = await task.AcquireAsync("read", OneOfOncall, new LeaseOptions { ApprovalId = needed.ApprovalId });

        Assert.That(late!.ApprovalId, Is.EqualTo(needed.ApprovalId));
        Assert.That(lease.Id, Is.Not.Empty);
    }

    [Test]
    public async Task Wait_can_be_cancelled()
    {
        var name = NewName();
        using var client = Connect(name);
        await using var task = await client.StartTaskAsync("pay an invoice");
        using var enough = new CancellationTokenSource();
        var acquiring = task.AcquireAsync("read", OneOfOncall, new LeaseOptions { ApprovalWait = LongEnough }, enough.Token);
        await PendingOfAsync(name);

        await enough.CancelAsync();

        Assert.That(async () => await acquiring, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Glass_is_broken_by_the_library_too()
    {
        using var client = Connect(Emergencies);
        await using var task = await client.StartTaskAsync("open the shop");

        await using var lease = await task.AcquireAsync("read", OneOfOncall, new LeaseOptions { BreakGlass = "the shop is down" });

        Assert.That((await Approvals.ListReviewsAsync(10, default)).Select(review => review.Justification), Does.Contain("the shop is down"));
    }

    private SecretsBrokerClient Connect(string name) => new(new SecretsBrokerOptions
    {
        Address = new Uri($"http://{Broker.Channel.Target}"),
        Token = TokenSource.FromCallback(_ => ValueTask.FromResult(Broker.Sandbox.Token(name))),
        CallTimeout = TimeSpan.FromMinutes(1),
    });

    private async Task<string> PendingOfAsync(string name)
    {
        string? id = null;
        await Wait.UntilAsync(async () => (id = (await Approvals.ListPendingAsync(100, default))
            .FirstOrDefault(approval => approval.Owner == Sandbox.Workload(name))?.Id.Value) is not null);
        return id!;
    }
}
