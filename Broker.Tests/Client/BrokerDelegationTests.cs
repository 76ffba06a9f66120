using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;
using TaskOptions = SecretsBroker.Client.TaskOptions;

namespace SecretsBroker.Tests.Client;

/// <summary>Delegation as orchestration code uses it.</summary>
internal sealed class BrokerDelegationTests
{
    private const string Other = "spiffe://dev.local/agent/other";

    private TestBroker _broker = null!;
    private SecretsBrokerClient _client = null!;
    private SecretsBrokerClient _other = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _broker = await TestBroker.StartAsync();
        _client = _broker.Connect();
        _other = _broker.Connect(Other);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        _other.Dispose();
        await _broker.DisposeAsync();
    }

    [Test]
    public async Task Another_workload_acts_for_a_task_until_the_delegation_is_disposed()
    {
        await using var task = await StartAsync();
        BrokerTask theirs;
        BrokerLease lease;
        await using (var delegation = await task.DelegateAsync(Other, new DelegationOptions { Lifetime = TimeSpan.FromMinutes(30), MaxUses = 1 }))
        {
            Assert.That(delegation.Delegate, Is.EqualTo(Other));
            theirs = await _other.StartTaskAsync(task.Purpose, new TaskOptions { DelegationId = delegation.Id });
            lease = await theirs.AcquireAsync("read", "memory/notes");
            Assert.That(_broker.Memory.Logins.Keys.Select(id => id.Value), Does.Contain(lease.Id));
            await Assert.ThrowsAsync<QuotaExceededException>(() => theirs.AcquireAsync("read", "memory/notes"));
        }

        await Wait.UntilAsync(() => theirs.Ended.IsCancellationRequested && lease.Lost.IsCancellationRequested);
        await Wait.UntilAsync(() => !_broker.Memory.Logins.Keys.Select(id => id.Value).Contains(lease.Id));
        await theirs.DisposeAsync();
    }

    [Test]
    public async Task Delegation_is_narrowed()
    {
        await using var task = await StartAsync();
        await using var delegation = await task.DelegateAsync(Other, new DelegationOptions { MayRephrase = true, MoreHops = 1 });
        await using var theirs = await _other.StartTaskAsync("something else", new TaskOptions { DelegationId = delegation.Id });

        await delegation.NarrowAsync(new TaskScope(["read"], ["memory/notes/1"]), delegation.ExpireTime.AddMinutes(-1), maxUses: 3, moreHops: 0);

        await Assert.ThrowsAsync<AccessDeniedException>(() => theirs.AcquireAsync("read", "memory/notes"));
        await Assert.ThrowsAsync<AccessDeniedException>(() => delegation.NarrowAsync(new TaskScope(["read"], ["memory"])));
        await delegation.EndAsync();
        var refused = await Assert.ThrowsAsync<SecretsBrokerException>(() => delegation.NarrowAsync(maxUses: 1));
        Assert.That(refused!.Reason, Is.EqualTo("DELEGATION_OVER"));
    }

    [Test]
    public async Task Task_without_a_scope_cannot_be_delegated()
    {
        await using var task = await _client.StartTaskAsync("take notes");

        var refused = await Assert.ThrowsAsync<SecretsBrokerException>(() => task.DelegateAsync(Other));

        Assert.That(refused!.Reason, Is.EqualTo("NO_SCOPE"));
    }

    private Task<BrokerTask> StartAsync() =>
        _client.StartTaskAsync("take notes", new TaskOptions { Scope = new TaskScope(["read"], ["memory"]) });
}
