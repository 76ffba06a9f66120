using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>Agents that hold a lifeline hear of it.</summary>
internal sealed class KillLifelineTests
{
    [Test]
    public async Task Holder_of_a_lifeline_is_told_that_its_lease_was_killed()
    {
        await using var broker = await BrokerUnderTest.StartAsync(KillOperator.MayKill);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        using var lifeline = agent.Tasks.HoldTask(new HoldTaskRequest { TaskId = task });
        Assert.That(await lifeline.ResponseStream.MoveNext(default), Is.True);
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;

        await KillOperator.At(broker).KillAsync(KillOperator.Workload("a"));

        Assert.That(await lifeline.ResponseStream.MoveNext(default), Is.True);
        Assert.That(lifeline.ResponseStream.Current.LeaseEnded, Is.EqualTo(new LeaseEnded { LeaseId = lease, Cause = EndCause.Killed }));
    }

    [Test]
    public async Task Client_library_tells_its_agent_that_the_lease_is_lost()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Operators:Killers:0"] = TestBroker.Agent);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("be killed");
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        var lost = new TaskCompletionSource();
        await using var told = lease.Lost.Register(lost.SetResult);
        using var raw = broker.ConnectRaw();
        var kills = new KillSwitchService.KillSwitchServiceClient(raw.Channel);

        using var call = kills.Kill(
            new KillRequest { Selector = new KillSelector { Task = new TaskSelector { Owner = TestBroker.Agent, TaskId = task.Id } }, Reason = "a test" },
            raw.Options());
        while (await call.ResponseStream.MoveNext(default))
        {
        }

        await lost.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(broker.Memory.Logins, Is.Empty);
    }
}
