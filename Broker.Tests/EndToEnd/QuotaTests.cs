using Grpc.Core;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>No workload and no task takes more than its share.</summary>
internal sealed class QuotaTests : ApiFixture
{
    protected override Task<BrokerUnderTest> StartAsync() => BrokerUnderTest.StartAsync(
        ("Issuance:MaxLivePerWorkload", 3), ("Issuance:MaxLivePerTask", 2), ("Issuance:MaxIssuesPerMinute", 6));

    [Test]
    public async Task Live_leases_of_a_task_and_of_a_workload_are_limited_until_some_are_gone()
    {
        var agent = NewAgent();
        var (first, second) = (await agent.StartTaskAsync(), await agent.StartTaskAsync());
        var leases = new[] { await IssueAsync(agent, first), await IssueAsync(agent, first) };
        Assert.That(await RefusalAsync(agent, first), Is.EqualTo("TASK_QUOTA"));
        await IssueAsync(agent, second);
        Assert.That(await RefusalAsync(agent, second), Is.EqualTo("WORKLOAD_QUOTA"));

        await GiveBackAsync(agent, leases[0]);

        await IssueAsync(agent, second);
    }

    [Test]
    public async Task Hundred_calls_at_once_get_no_more_than_the_quota()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            try
            {
                return await IssueAsync(agent, task);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.ResourceExhausted)
            {
                return "";
            }
        }));

        Assert.That(answers.Count(lease => lease.Length > 0), Is.EqualTo(2));
    }

    [Test]
    public async Task Rate_of_a_workload_is_limited_whatever_it_gives_back()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var issued = 0;
        string reason;
        // A slow machine is given one more every ten seconds meanwhile.
        while ((reason = await TryAsync()).Length == 0)
        {
            issued++;
            Assert.That(issued, Is.LessThan(100), "there is no limit");
        }

        Assert.That(reason, Is.EqualTo("RATE_LIMIT"));
        Assert.That(issued, Is.GreaterThanOrEqualTo(6));
        var other = NewAgent();
        await IssueAsync(other, await other.StartTaskAsync());

        async Task<string> TryAsync()
        {
            try
            {
                await GiveBackAsync(agent, await IssueAsync(agent, task));
                return "";
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.ResourceExhausted)
            {
                return Rpc.DetailOf(refused).Reason;
            }
        }
    }

    // It counts until its end is on the record, which may come after the answer that it is gone.
    private static async Task GiveBackAsync(Agent agent, string lease)
    {
        await agent.RevokeAsync(lease);
        await BecomesRevokedAsync(agent, lease);
    }

    private static async Task<string> IssueAsync(Agent agent, string task) =>
        (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;

    private static async Task<string> RefusalAsync(Agent agent, string task)
    {
        var refused = await Rpc.RefusedAsync(StatusCode.ResourceExhausted, () => IssueAsync(agent, task));
        Assert.That(Rpc.DetailOf(refused).Retryable, Is.True);
        return Rpc.DetailOf(refused).Reason;
    }
}
