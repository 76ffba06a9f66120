using Grpc.Core;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The end of a task, with a target that takes its time.</summary>
internal sealed class CompleteTaskTests : ApiFixture
{
    [TearDown]
    public void LetGo() => Broker.Target.LetRevocationsGo();

    [TestCase(Proto.TaskOutcome.Succeeded, Proto.EndCause.Completed)]
    [TestCase(Proto.TaskOutcome.Failed, Proto.EndCause.Failed)]
    [TestCase(Proto.TaskOutcome.Aborted, Proto.EndCause.Aborted)]
    public async Task Answer_says_of_each_lease_that_it_is_gone_and_why(Proto.TaskOutcome outcome, Proto.EndCause cause)
    {
        var agent = NewAgent();
        var (task, leases) = await IssueAsync(agent, 3);

        var ended = await agent.CompleteAsync(task, outcome);

        Assert.Multiple(() =>
        {
            Assert.That(ended.Task.Outcome, Is.EqualTo(outcome));
            Assert.That(ended.LeaseEnds.Select(end => end.LeaseId), Is.EquivalentTo(leases));
            Assert.That(ended.LeaseEnds.Select(end => end.Status), Is.All.EqualTo(Proto.LeaseEndStatus.Gone));
            Assert.That(ended.LeaseEnds.Select(end => end.Cause), Is.All.EqualTo(cause));
            Assert.That(ended.LeaseEnds.Select(end => end.GoneTime), Is.All.Not.Null);
            Assert.That(ended.LeaseEnds.Select(end => end.Revocability), Is.All.EqualTo(Proto.Revocability.Destroy));
            Assert.That(leases.Where(IsLive), Is.Empty);
        });
    }

    [Test]
    public async Task Answer_comes_within_the_deadline_and_says_what_goes_on()
    {
        var agent = NewAgent();
        var (task, leases) = await IssueAsync(agent, 3);
        Broker.Target.HoldRevocations();

        var ended = await agent.CompleteInTimeAsync(task);

        Assert.That(ended.LeaseEnds.Select(end => end.LeaseId), Is.EquivalentTo(leases));
        Assert.That(ended.LeaseEnds.Select(end => end.Status), Is.All.EqualTo(Proto.LeaseEndStatus.InProgress));
        Assert.That(ended.LeaseEnds.Select(end => end.GoneTime), Is.All.Null);
        Broker.Target.LetRevocationsGo();
        foreach (var lease in leases)
        {
            Assert.That((await BecomesRevokedAsync(agent, lease)).EndCause, Is.EqualTo(Proto.EndCause.Completed));
        }

        Assert.That(leases.Where(IsLive), Is.Empty);
    }

    [Test]
    public async Task Repetition_tells_how_the_task_ended_and_what_is_still_going_on()
    {
        var agent = NewAgent();
        var (task, leases) = await IssueAsync(agent, 2);
        Broker.Target.HoldRevocations();
        await agent.CompleteInTimeAsync(task, Proto.TaskOutcome.Failed);

        var again = await agent.CompleteInTimeAsync(task);
        Broker.Target.LetRevocationsGo();
        await Eventually.HoldsAsync(async () => (await agent.CompleteAsync(task)).LeaseEnds.Count == 0);

        Assert.That(again.Task.Outcome, Is.EqualTo(Proto.TaskOutcome.Failed));
        Assert.That(again.LeaseEnds.Select(end => end.LeaseId), Is.EquivalentTo(leases));
        Assert.That(again.LeaseEnds.Select(end => end.Cause), Is.All.EqualTo(Proto.EndCause.Failed));
    }

    [Test]
    public async Task Ended_task_gets_no_secret()
    {
        var agent = NewAgent();
        var (task, _) = await IssueAsync(agent, 1);
        await agent.CompleteAsync(task);

        var refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        var taken = await Rpc.RefusedAsync(StatusCode.AlreadyExists, () => agent.StartTaskAsync(task));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("TASK_ENDED"));
        Assert.That(Rpc.DetailOf(taken).Reason, Is.EqualTo("TASK_CONFLICT"));
    }

    [Test]
    public async Task Task_that_ends_while_a_secret_is_made_leaves_none()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var issued = Broker.Target.Issued;
        Broker.Target.HoldIssues();
        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items).ResponseAsync;
        await Broker.Target.UntilIssuingAsync();

        await agent.CompleteInTimeAsync(task);
        Broker.Target.LetIssuesGo();
        await Rpc.RefusedAsync(() => issuing);

        Assert.That(Broker.Target.Issued, Is.EqualTo(issued + 1), "nothing was made");
        var lease = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases.Single();
        await BecomesRevokedAsync(agent, lease.LeaseId);
        Assert.That(IsLive(lease.LeaseId), Is.False);
    }

    [Test]
    public async Task Caller_that_leaves_while_its_secret_is_made_leaves_none()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var issued = Broker.Target.Issued;
        Broker.Target.HoldIssues();
        using var leave = new CancellationTokenSource();
        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items, cancellationToken: leave.Token).ResponseAsync;
        await Broker.Target.UntilIssuingAsync();

        var left = Broker.CallsLeft;
        await leave.CancelAsync();
        await Rpc.RefusedAsync(StatusCode.Cancelled, () => issuing);
        await Eventually.HoldsAsync(() => Broker.CallsLeft > left);
        Broker.Target.LetIssuesGo();

        var lease = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases.Single();
        Assert.That((await BecomesRevokedAsync(agent, lease.LeaseId)).EndCause, Is.EqualTo(Proto.EndCause.Undelivered));
        Assert.That(Broker.Target.Issued, Is.EqualTo(issued + 1), "nothing was made");
        Assert.That(IsLive(lease.LeaseId), Is.False);
    }

    [Test]
    public async Task Lease_that_is_given_back_is_gone_and_may_be_given_back_again()
    {
        var agent = NewAgent();
        var (_, leases) = await IssueAsync(agent, 2);

        var answered = await agent.RevokeAsync(leases[0]);
        var isLive = IsLive(leases[0]);
        // The sweep may have been faster: what it has proven gone is answered before it is on the record.
        var first = await BecomesRevokedAsync(agent, leases[0]);
        var again = await agent.RevokeAsync(leases[0]);

        Assert.Multiple(() =>
        {
            Assert.That(answered.EndCause, Is.EqualTo(Proto.EndCause.Returned));
            Assert.That(isLive, Is.False);
            Assert.That(first.State, Is.EqualTo(Proto.LeaseState.Revoked));
            Assert.That(first.EndCause, Is.EqualTo(Proto.EndCause.Returned));
            Assert.That(again, Is.EqualTo(first));
            Assert.That(IsLive(leases[0]), Is.False);
            Assert.That(IsLive(leases[1]), Is.True);
        });
    }

    private bool IsLive(string lease) => Broker.Target.Live.ContainsKey(SecretsBroker.Leases.LeaseId.Parse(lease));

    private static async Task<(string Task, List<string> Leases)> IssueAsync(Agent agent, int count)
    {
        var task = await agent.StartTaskAsync();
        var leases = new List<string>();
        for (var i = 0; i < count; i++)
        {
            leases.Add((await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId);
        }

        return (task, leases);
    }
}
