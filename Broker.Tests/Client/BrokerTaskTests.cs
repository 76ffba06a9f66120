using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Tests.Client;

/// <summary>How a task ends, as its agent and the audit log see it.</summary>
[TestFixture]
internal sealed class BrokerTaskTests
{
    private TestBroker _broker = null!;
    private SecretsBrokerClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync();
        _client = _broker.Connect();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task Task_takes_a_secret_uses_it_and_gives_it_back_when_it_completes()
    {
        await using var task = await _client.StartTaskAsync(
            "take notes", new TaskOptions { Initiator = "ada@example.com", Labels = new Dictionary<string, string> { ["team"] = "notes" } });
        await using var lease = await task.AcquireAsync("read", "memory/notes", new LeaseOptions { Tool = "editor" });
        Assert.That(lease.Secret.Postgres.Password, Is.Not.Empty);
        Assert.That(await lease.ReportUseAsync("editor", "memory/notes/1", UseOutcome.Succeeded), Is.Empty);

        var ends = await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.Multiple(() =>
        {
            Assert.That(ends.Select(end => (end.LeaseId, end.Status, end.Cause)), Is.EqualTo([(lease.Id, LeaseEndStatus.Gone, EndCause.Completed)]));
            Assert.That(_broker.Memory.Logins.Keys.Select(id => id.Value), Does.Not.Contain(lease.Id));
            Assert.That(lease.Lost.IsCancellationRequested, "the secret is of no more use");
            Assert.That(task.Ended.IsCancellationRequested, "the task has ended");
            Assert.That(task.Outcome, Is.EqualTo(TaskOutcome.Succeeded));
        });
        var used = (await _broker.ReadAuditAsync(AuditEventType.Used)).Single(record => record.Lease == lease.Id);
        Assert.That((used.Tool, used.DownstreamResource, used.Initiator, used.Allowed), Is.EqualTo(("editor", "memory/notes/1", "ada@example.com", true)));
    }

    [Test]
    public async Task Task_that_said_nothing_of_success_is_failed_when_it_is_disposed()
    {
        string id;
        await using (var task = await _client.StartTaskAsync("fail quietly"))
        {
            id = task.Id;
        }

        Assert.That(await OutcomeAsync(id), Is.EqualTo("Failed"));
    }

    [Test]
    public async Task Task_that_succeeded_is_succeeded_when_it_is_disposed()
    {
        string id;
        await using (var task = await _client.StartTaskAsync("succeed"))
        {
            id = task.Id;
            task.Succeed();
        }

        Assert.That(await OutcomeAsync(id), Is.EqualTo("Succeeded"));
    }

    [Test]
    public async Task Exception_that_leaves_the_block_fails_the_task_and_revokes_its_secrets()
    {
        string? id = null, lease = null;
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var task = await _client.StartTaskAsync("break off");
            id = task.Id;
            // Not disposed by the block: the end of the task takes it.
            lease = (await task.AcquireAsync("read", "memory/notes")).Id;
            throw new InvalidOperationException("the work went wrong");
        });

        Assert.That(await OutcomeAsync(id!), Is.EqualTo("Failed"));
        var revoked = await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease);
        Assert.That(revoked.Cause, Is.EqualTo("Failed"));
    }

    [Test]
    public async Task Work_that_returns_is_a_task_that_succeeded()
    {
        var (id, answer) = await _client.RunTaskAsync("compute", task => Task.FromResult((task.Id, 42)));

        Assert.That(answer, Is.EqualTo(42));
        Assert.That(await OutcomeAsync(id), Is.EqualTo("Succeeded"));
    }

    [Test]
    public async Task Work_that_throws_is_a_task_that_failed()
    {
        string? id = null;

        await Assert.ThrowsAsync<InvalidOperationException>(() => _client.RunTaskAsync("throw", task =>
        {
            id = task.Id;
            return Task.FromException(new InvalidOperationException());
        }));

        Assert.That(await OutcomeAsync(id!), Is.EqualTo("Failed"));
    }

    [Test]
    public async Task Work_that_is_cancelled_is_a_task_that_was_aborted()
    {
        using var stop = new CancellationTokenSource();
        string? id = null;

        await Assert.CatchAsync<OperationCanceledException>(() => _client.RunTaskAsync(
            "wait for ever",
            async task =>
            {
                id = task.Id;
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, stop.Token);
            },
            cancellationToken: stop.Token));

        Assert.That(await OutcomeAsync(id!), Is.EqualTo("Aborted"));
    }

    [Test]
    public async Task Task_that_was_ended_elsewhere_tells_its_holder()
    {
        await using var task = await _client.StartTaskAsync("be ended");
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        var told = new TaskCompletionSource<EndCause>();
        lease.TakenAway += (_, lost) => told.TrySetResult(lost.Cause);

        using (var elsewhere = _broker.ConnectRaw())
        {
            await elsewhere.Tasks.CompleteTaskAsync(
                new CompleteTaskRequest { TaskId = task.Id, Outcome = TaskOutcome.Aborted }, elsewhere.Options());
        }

        Assert.That(await told.Task.WaitAsync(TimeSpan.FromMinutes(1)), Is.EqualTo(EndCause.Aborted));
        await Wait.UntilAsync(() => task.Ended.IsCancellationRequested);
        Assert.That(task.Outcome, Is.EqualTo(TaskOutcome.Aborted));
        await Assert.ThrowsAsync<TaskEndedException>(() => task.AcquireAsync("read", "memory/notes"));
    }

    [Test]
    public async Task Task_may_be_disposed_twice_and_after_its_client()
    {
        var client = _broker.Connect();
        var task = await client.StartTaskAsync("be disposed");
        var lease = await task.AcquireAsync("read", "memory/notes");
        client.Dispose();

        await lease.DisposeAsync();
        await task.DisposeAsync();
        await task.DisposeAsync();

        Assert.That(task.Ended.IsCancellationRequested);
        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => task.AcquireAsync("read", "memory/notes"));
        Assert.That(failure!.Reason, Is.EqualTo("CLIENT_DISPOSED"));
    }

    private async Task<string> OutcomeAsync(string task) =>
        (await _broker.WaitForAuditAsync(AuditEventType.TaskEnded, record => record.Task == task)).Outcome;
}
