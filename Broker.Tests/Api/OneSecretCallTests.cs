using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Api;

/// <summary>A caller that starts a task and asks for its one secret in the same call.</summary>
internal sealed class OneSecretCallTests
{
    [Test]
    public async Task Retry_that_opens_its_own_task_leaves_one_secret()
    {
        await using var broker = await TestBroker.StartAsync();
        using var caller = broker.ConnectRaw();
        var request = new IssueLeaseRequest
        {
            NewTask = new NewTask(),
            Intent = new Intent { Action = "read", Resource = "memory/notes", Purpose = "to try twice" },
            RequestId = "once",
        };

        var first = await caller.Leases.IssueLeaseAsync(request, caller.Options());
        var second = await caller.Leases.IssueLeaseAsync(request, caller.Options());

        Assert.That(second.Lease.TaskId, Is.EqualTo(first.Lease.TaskId));
        await Wait.UntilAsync(() => broker.Memory.Logins.Count == 1);
        Assert.That(broker.Memory.Logins.Keys.Single().Value, Is.EqualTo(second.Lease.LeaseId));
    }
}
