using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What is killed, and what everybody ends at once.</summary>
internal sealed class KillTests : ApiFixture
{
    [Test]
    public async Task Killed_workload_gets_nothing_not_even_what_was_being_made()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var task = await agent.StartTaskAsync();
        var live = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        Broker.Target.HoldIssues();
        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items).ResponseAsync;
        await Broker.Target.UntilIssuingAsync();
        var selector = new KillSelector(KillScope.Workload, Sandbox.Workload(name).Value);

        await Broker.Store.AddKillOrderAsync(new KillOrder(name, selector, "a test", "an operator", default), default);
        Broker.Target.LetIssuesGo();
        var underWay = await Rpc.RefusedAsync(StatusCode.PermissionDenied, () => issuing);
        var later = await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        var renewal = await Rpc.RefusedAsync(
            StatusCode.FailedPrecondition, async () => await agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = live }));
        await Broker.Store.EndMatchingAsync(0, selector, cursor: null, 500, default);

        Assert.Multiple(() =>
        {
            Assert.That(Rpc.DetailOf(underWay).Reason, Is.EqualTo("KILLED"));
            Assert.That(Rpc.DetailOf(later).Reason, Is.EqualTo("KILLED"));
            Assert.That(Rpc.DetailOf(renewal).Reason, Is.EqualTo("LEASE_NOT_ACTIVE"));
        });
        foreach (var lease in await ListAsync(agent))
        {
            Assert.That((await BecomesRevokedAsync(agent, lease.LeaseId)).EndCause, Is.EqualTo(Proto.EndCause.Killed));
            Assert.That(Broker.Target.Live.ContainsKey(LeaseId.Parse(lease.LeaseId)), Is.False);
        }
    }

    [Test]
    public async Task Leases_that_everybody_ends_at_once_are_revoked_with_one_record_each()
    {
        var agent = NewAgent();
        var task = await agent.StartTaskAsync();
        for (var i = 0; i < 10; i++)
        {
            await agent.IssueAsync(task, BrokerUnderTest.Items);
        }

        var leases = await ListAsync(agent);
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, 10).Select(async _ => await agent.CompleteAsync(task)),
            .. leases.SelectMany(lease => Enumerable.Range(0, 3).Select(_ => agent.RevokeAsync(lease.LeaseId))),
        ]);
        foreach (var lease in leases)
        {
            await BecomesRevokedAsync(agent, lease.LeaseId);
            Assert.That(
                (await RecordsOfAsync(Broker, lease.LeaseId)).Select(record => record.Type),
                Is.EqualTo(new[] { AuditEventType.Issued, AuditEventType.Revoked }));
        }
    }

    private static async Task<IReadOnlyList<Proto.Lease>> ListAsync(Agent agent) =>
        (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases;
}
