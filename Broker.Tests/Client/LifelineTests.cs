using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Intents;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using V1Outcome = SecretsBroker.V1.TaskOutcome;

namespace SecretsBroker.Tests.Client;

/// <summary>The lifeline of a task while brokers and agents come and go.</summary>
[TestFixture]
internal sealed class LifelineTests
{
    [Test]
    public async Task Lifeline_is_taken_up_again_after_the_broker_has_restarted_and_the_task_lives_on()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Revocation:OutageGrace"] = "00:00:20");
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("outlive a restart");
        await using var before = await task.AcquireAsync("read", "memory/notes");

        await broker.StopAsync();
        await broker.StartAgainAsync();

        var lifelines = broker.Services.GetRequiredService<LifelineKeeper>();
        await Wait.UntilAsync(() => lifelines.Count == 1);
        await using var after = await task.AcquireAsync("read", "memory/notes");
        Assert.That(before.Lost.IsCancellationRequested || task.Ended.IsCancellationRequested, Is.False);
        var ends = await task.CompleteAsync(V1Outcome.Succeeded);
        Assert.That(ends.Select(end => (end.LeaseId, end.Status)), Is.EquivalentTo(
            [(before.Id, LeaseEndStatus.Gone), (after.Id, LeaseEndStatus.Gone)]));
    }

    [Test]
    public async Task Agent_that_is_gone_is_lost_after_the_grace_period()
    {
        await using var broker = await TestBroker.StartAsync();
        var client = broker.Connect(adapt: options => options.LifelineGrace = TimeSpan.FromSeconds(8));
        var task = await client.StartTaskAsync("vanish");
        var lease = await task.AcquireAsync("read", "memory/notes");

        // As a process that ends does: the connections close, and nobody says anything.
        client.Dispose();

        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        Assert.That(revoked.Cause, Is.EqualTo("Lost"));
        Assert.That(lease.Lost.IsCancellationRequested, "the library knows that it holds nothing any more");
    }

    [Test]
    public async Task Token_that_is_refused_for_a_while_does_not_end_the_task()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Revocation:OutageGrace"] = "00:00:20");
        var isStale = false;
        var asked = 0;
        using var client = broker.Connect(adapt: options => options.Token = TokenSource.FromCallback(_ =>
        {
            Interlocked.Increment(ref asked);
            return ValueTask.FromResult(Volatile.Read(ref isStale) ? "stale" : broker.TokenOf(TestBroker.Agent));
        }));
        await using var task = await client.StartTaskAsync("outlive a stale token");

        Volatile.Write(ref isStale, true);
        await broker.StopAsync();
        await broker.StartAgainAsync();
        var before = Volatile.Read(ref asked);
        await Wait.UntilAsync(() => Volatile.Read(ref asked) > before + 2);
        Assert.That(task.Ended.IsCancellationRequested, Is.False);
        Volatile.Write(ref isStale, false);

        var lifelines = broker.Services.GetRequiredService<LifelineKeeper>();
        await Wait.UntilAsync(() => lifelines.Count == 1);
    }

    [Test]
    public async Task Task_whose_lifeline_cannot_be_opened_is_not_left_open()
    {
        await using var broker = await TestBroker.StartAsync();
        var calls = 0;
        using var client = broker.Connect(adapt: options => options.Token = TokenSource.FromCallback(_ =>
            // The second call is the lifeline's.
            ValueTask.FromResult(Interlocked.Increment(ref calls) == 2 ? "stale" : broker.TokenOf(TestBroker.Agent))));

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("begin"));

        Assert.That(failure!.Reason, Is.EqualTo("UNAUTHENTICATED"));
        var ended = await broker.WaitForAuditAsync(AuditEventType.TaskEnded, _ => true);
        Assert.That(ended.Outcome, Is.EqualTo("Failed"));
    }
}
