using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Client;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.V1;
using EndCause = SecretsBroker.Leases.EndCause;
using Task = System.Threading.Tasks.Task;
using TaskOutcome = SecretsBroker.V1.TaskOutcome;

namespace SecretsBroker.Tests.Revocation;

/// <summary>A sweep that was a moment faster does not make the answer less true.</summary>
[TestFixture]
internal sealed class RevokerFollowingTests
{
    [Test]
    public async Task Completing_waits_for_a_revocation_that_the_sweep_has_begun()
    {
        await using var broker = await TestBroker.StartAsync();
        var (begun, goOn) = HoldRevocation(broker);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("be swept");
        var lease = await task.AcquireAsync("read", "memory/notes");
        var key = new TaskKey(new WorkloadId(TestBroker.Agent), new TaskId(task.Id));
        await broker.Services.GetRequiredService<ILeaseStore>().EndTaskAsync(key, SecretsBroker.Intents.TaskOutcome.Succeeded, default);
        await begun;

        using var raw = broker.ConnectRaw();
        var completing = raw.Tasks.CompleteTaskAsync(
            new CompleteTaskRequest { TaskId = task.Id, Outcome = TaskOutcome.Succeeded }, raw.Options()).ResponseAsync;
        await AssertWaitsAsync(completing);
        goOn();

        var ends = (await completing).LeaseEnds;
        Assert.That(ends.Select(end => (end.LeaseId, end.Status)), Is.EqualTo([(lease.Id, LeaseEndStatus.Gone)]));
    }

    [Test]
    public async Task Returning_waits_for_a_revocation_that_the_sweep_has_begun()
    {
        await using var broker = await TestBroker.StartAsync();
        var (begun, goOn) = HoldRevocation(broker);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("be swept");
        var lease = await task.AcquireAsync("read", "memory/notes");
        await broker.Services.GetRequiredService<ILeaseStore>().EndAsync(LeaseId.Parse(lease.Id), EndCause.Operator, default);
        await begun;

        using var raw = broker.ConnectRaw();
        var returning = raw.Leases.RevokeLeaseAsync(new RevokeLeaseRequest { LeaseId = lease.Id }, raw.Options()).ResponseAsync;
        await AssertWaitsAsync(returning);
        goOn();

        Assert.That((await returning).Lease.GoneTime, Is.Not.Null);
    }

    // An answer that does not wait is here long before; one that does cannot be.
    private static async Task AssertWaitsAsync(Task answer) =>
        Assert.That(await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(300))), Is.Not.SameAs(answer), "the answer waits");

    private static (Task Begun, Action GoOn) HoldRevocation(TestBroker broker)
    {
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        broker.Memory.BeforeRevoking = (_, token) =>
        {
            begun.TrySetResult();
            return goOn.Task.WaitAsync(token);
        };
        return (begun.Task.WaitAsync(TimeSpan.FromMinutes(1)), goOn.SetResult);
    }
}
