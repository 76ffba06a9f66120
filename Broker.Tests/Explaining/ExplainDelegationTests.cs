using SecretsBroker.Tests.EndToEnd.Delegations;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Explaining;

/// <summary>Through whom a workload came to act, as it is told afterwards.</summary>
internal sealed class ExplainDelegationTests : DelegationFixture
{
    [Test]
    public async Task Lease_is_told_with_its_chain_its_root_and_what_ended_it()
    {
        var (root, other) = (NewParty(), NewParty());
        var rootTask = await root.StartAsync();
        var (delegation, task) = await root.HandOnAsync(rootTask, other);
        var lease = (await other.IssueAsync(task)).Lease.LeaseId;
        await root.EndAsync(delegation);

        LeaseExplanation told = null!;
        await Eventually.HoldsAsync(async () =>
        {
            told = (await new AuditService.AuditServiceClient(other.Agent.Calls).ExplainLeaseAsync(
                new ExplainLeaseRequest { LeaseId = lease, Own = true })).Explanation;
            return told is { End: not null, Delegation.EndTime: not null };
        });

        var by = told.Delegation;
        Assert.Multiple(() =>
        {
            Assert.That((by.DelegationId, by.RootTaskId, by.RootPurpose), Is.EqualTo((delegation, rootTask, Party.Purpose)));
            Assert.That(by.RootInitiator, Is.EqualTo("carol@example.org"));
            Assert.That(by.Chain, Does.Contain(root.Id));
            Assert.That(by.RootIntentHash, Is.Not.Empty);
            Assert.That((by.Delegate, by.Actions.Single(), by.Resources.Single()), Is.EqualTo((other.Id, "read", "orders")));
            Assert.That(by.CreateTime, Is.Not.Null);
            Assert.That(told.End.Cause, Is.EqualTo("Delegation"));
        });
    }

    [Test]
    public async Task Task_is_told_with_what_it_let_others_do()
    {
        var (root, other) = (NewParty(), NewParty());
        var task = await root.StartAsync();
        var delegation = await root.DelegateAsync(task, other);

        var told = (await new AuditService.AuditServiceClient(root.Agent.Calls).ExplainTaskAsync(
            new ExplainTaskRequest { TaskId = task, Own = true })).Explanation;

        Assert.That(told.Given.Select(given => (given.DelegationId, given.Delegate)), Is.EqualTo(new[] { (delegation, other.Id) }));
        Assert.That(told.Delegation, Is.Null);
    }
}
