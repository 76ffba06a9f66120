using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>The lifeline: what it tells, and what happens when it breaks.</summary>
internal sealed class HoldTaskTests : ApiFixture
{
    // Long enough for a machine that stands still for some seconds.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    [Test]
    public async Task Holder_is_told_that_it_holds_and_what_becomes_of_its_leases()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        using var lifeline = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = task, Grace = Moment.ToDuration() });
        var held = await NextAsync(lifeline);
        var returned = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        await agent.RevokeAsync(returned);
        var ended = await NextAsync(lifeline);
        var brief = (await agent.IssueAsync(task, BrokerUnderTest.Items, Moment)).Lease;
        var ending = await NextAsync(lifeline);
        var expired = await NextAsync(lifeline);
        await agent.CompleteAsync(task, Proto.TaskOutcome.Failed);
        var last = await NextAsync(lifeline);
        var more = await lifeline.ResponseStream.MoveNext(default);

        Assert.Multiple(() =>
        {
            Assert.That(held.Held.Grace.ToTimeSpan(), Is.EqualTo(Moment));
            Assert.That(ended.LeaseEnded, Is.EqualTo(new Proto.LeaseEnded { LeaseId = returned, Cause = Proto.EndCause.Returned }));
            Assert.That(ending.LeaseEnding, Is.EqualTo(new Proto.LeaseEnding { LeaseId = brief.LeaseId, ExpireTime = brief.ExpireTime }));
            Assert.That(expired.LeaseEnded, Is.EqualTo(new Proto.LeaseEnded { LeaseId = brief.LeaseId, Cause = Proto.EndCause.Expired }));
            Assert.That(last.TaskEnded.Outcome, Is.EqualTo(Proto.TaskOutcome.Failed));
            Assert.That(more, Is.False, "the stream goes on");
        });
    }

    [Test]
    public async Task Task_whose_lifeline_breaks_is_lost_after_the_grace_and_its_leases_with_it()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var held = await Broker.Store.GetTimeAsync(default);
        using (var lifeline = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = task }))
        {
            Assert.That((await NextAsync(lifeline)).Held.Grace.ToTimeSpan(), Is.EqualTo(Grace), "where none is asked for");
        }

        var ended = await BecomesRevokedAsync(agent, lease);
        var lost = await GetAsync(agent, task);

        Assert.Multiple(() =>
        {
            Assert.That(ended.EndCause, Is.EqualTo(Proto.EndCause.Lost));
            Assert.That(lost.Outcome, Is.EqualTo(Proto.TaskOutcome.Lost));
            Assert.That(lost.EndTime.ToDateTimeOffset(), Is.GreaterThanOrEqualTo(held + Grace));
            Assert.That(ended.EndTime, Is.EqualTo(lost.EndTime));
            Assert.That(Broker.Target.Live.ContainsKey(SecretsBroker.Leases.LeaseId.Parse(lease)), Is.False);
        });
    }

    [Test]
    public async Task Lifeline_that_is_taken_up_again_in_time_keeps_the_task_alive()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var hold = new Proto.HoldTaskRequest { TaskId = task, Grace = Moment.ToDuration() };
        using (var lifeline = agent.Tasks.HoldTask(hold))
        {
            await NextAsync(lifeline);
        }

        var broken = await Broker.Store.GetTimeAsync(default);
        using var again = agent.Tasks.HoldTask(hold);
        await NextAsync(again);
        await Eventually.HoldsAsync(async () => await Broker.Store.GetTimeAsync(default) > broken + Moment + TimeSpan.FromSeconds(1));

        Assert.That((await GetAsync(agent, task)).Outcome, Is.EqualTo(Proto.TaskOutcome.Unspecified));
        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Lifeline_of_a_task_that_has_ended_tells_how_and_ends()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        await agent.CompleteAsync(task, Proto.TaskOutcome.Aborted);

        using var lifeline = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = task });

        Assert.That((await NextAsync(lifeline)).TaskEnded?.Outcome, Is.EqualTo(Proto.TaskOutcome.Aborted));
        Assert.That(await lifeline.ResponseStream.MoveNext(default), Is.False);
    }

    [Test]
    public async Task Task_without_a_lifeline_is_lost_when_its_time_is_over()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync(lifetime: Moment);
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;

        Assert.That((await BecomesRevokedAsync(agent, lease)).EndCause, Is.EqualTo(Proto.EndCause.Lost));
        Assert.That((await GetAsync(agent, task)).Outcome, Is.EqualTo(Proto.TaskOutcome.Lost));
    }

    private static async Task<Proto.Task> GetAsync(Agent agent, string task) =>
        (await agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = task })).Task;

    private static async Task<Proto.HoldTaskResponse> NextAsync(AsyncServerStreamingCall<Proto.HoldTaskResponse> lifeline)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Assert.That(await lifeline.ResponseStream.MoveNext(limit.Token), Is.True, "the stream has ended");
        return lifeline.ResponseStream.Current;
    }
}
