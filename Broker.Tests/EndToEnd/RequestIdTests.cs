using Grpc.Core;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A repeated request_id never leaves two live secrets.</summary>
internal sealed class RequestIdTests : ApiFixture
{
    private const int Calls = 100;

    [Test]
    public async Task Repetition_revokes_the_lease_of_before_and_issues_another()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();

        var first = await agent.IssueAsync(task, BrokerUnderTest.Items, requestId: "r");
        var second = await agent.IssueAsync(task, BrokerUnderTest.Items, requestId: "r");
        var other = await agent.IssueAsync(task, BrokerUnderTest.Items, requestId: "s");

        Assert.That(second.Secret.Postgres.Password, Is.Not.EqualTo(first.Secret.Postgres.Password));
        var replaced = await BecomesRevokedAsync(agent, first.Lease.LeaseId);
        Assert.That(replaced.EndCause, Is.EqualTo(Proto.EndCause.Replaced));
        Assert.That((await agent.GetAsync(second.Lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
        Assert.That((await agent.GetAsync(other.Lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Hundred_calls_at_once_with_one_id_end_with_one_live_credential([Values] bool newTask)
    {
        var agent = NewAgent();
        var task = newTask ? "one-secret" : await agent.StartTaskAsync();
        var before = Broker.Target.Live.Keys.ToHashSet();

        var answers = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => TryAsync(agent, task, newTask)));

        var issued = answers.OfType<Proto.IssueLeaseResponse>().Select(answer => answer.Lease.LeaseId).ToList();
        await Wait.UntilAsync(() => Broker.Target.Live.Keys.Except(before).Count() == 1);
        var live = Broker.Target.Live.Keys.Except(before).Single().Value;
        Assert.That(issued, Does.Contain(live), "nobody has the live secret");
        Assert.That((await agent.GetAsync(live)).State, Is.EqualTo(Proto.LeaseState.Active));
        foreach (var lease in issued.Where(lease => lease != live))
        {
            await BecomesRevokedAsync(agent, lease);
        }

        Assert.That(Broker.Target.Live.Keys.Except(before).Single().Value, Is.EqualTo(live));
    }

    [Test]
    public async Task Caller_of_one_secret_starts_its_task_in_the_same_call()
    {
        var agent = NewAgent();
        var request = Agent.Request("", BrokerUnderTest.Items);
        request.NewTask = new Proto.NewTask { Initiator = "alice", Labels = { ["team"] = "billing" } };

        var issued = await agent.Leases.IssueLeaseAsync(request);

        var task = (await agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = issued.Lease.TaskId })).Task;
        Assert.Multiple(() =>
        {
            Assert.That(task.Initiator, Is.EqualTo("alice"));
            Assert.That(task.Purpose, Is.EqualTo(request.Intent.Purpose));
            Assert.That(task.Labels["team"], Is.EqualTo("billing"));
            Assert.That(task.ExpireTime.ToDateTimeOffset(), Is.LessThanOrEqualTo(issued.Lease.MaxExpireTime.ToDateTimeOffset() + TimeSpan.FromSeconds(1)));
        });
        await agent.CompleteAsync(issued.Lease.TaskId);
        await BecomesRevokedAsync(agent, issued.Lease.LeaseId);
    }

    [Test]
    public async Task New_task_of_a_taken_id_is_refused()
    {
        var agent = NewAgent();
        await agent.Tasks.StartTaskAsync(new Proto.StartTaskRequest { TaskId = "t", Purpose = "another" });
        var request = Agent.Request("", BrokerUnderTest.Items);
        request.NewTask = new Proto.NewTask { TaskId = "t" };

        var refused = await Rpc.RefusedAsync(StatusCode.AlreadyExists, async () => await agent.Leases.IssueLeaseAsync(request));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("TASK_CONFLICT"));
    }

    private static async Task<Proto.IssueLeaseResponse?> TryAsync(Agent agent, string task, bool newTask)
    {
        var request = Agent.Request(task, BrokerUnderTest.Items, requestId: "r");
        if (newTask)
        {
            request.NewTask = new Proto.NewTask { TaskId = task };
        }

        try
        {
            return await agent.Leases.IssueLeaseAsync(request);
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.Aborted)
        {
            return null;
        }
    }
}
