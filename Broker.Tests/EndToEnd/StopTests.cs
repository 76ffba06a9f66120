using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A broker that is told to stop finishes what it has in hand.</summary>
internal sealed class StopTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    [TestCase(true)]
    [TestCase(false)]
    public async Task Stop_waits_for_revocations_that_nobody_waits_for_any_more(bool completed)
    {
        var sandbox = new Sandbox(BrokerUnderTest.Catalog());
        await using var broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        broker.Target.HoldRevocations();
        using (IDisposable call = completed
            ? agent.CompleteAsync(task)
            : agent.Leases.RevokeLeaseAsync(new Proto.RevokeLeaseRequest { LeaseId = lease }))
        {
            await broker.Target.UntilRevokingAsync();
        }

        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(Proto.LeaseState.Revoking));
        var stop = broker.StopAsync();
        Assert.That(await Task.WhenAny(stop, Task.Delay(Moment)), Is.Not.SameAs(stop), "it did not wait");
        broker.Target.LetRevocationsGo();
        await stop;

        Assert.That(broker.Target.Live, Is.Empty);
        await using var store = new SqliteLeaseStore(new SqliteStoreOptions { Path = sandbox.PathOf("leases.db") }, TimeProvider.System);
        Assert.That((await store.FindLeaseAsync(LeaseId.Parse(lease), default))!.State, Is.EqualTo(LeaseState.Revoked));
        var types = await AuditReader.ReadFolderAsync(sandbox.AuditFolder)
            .Select(entry => entry.Record.Type)
            .Where(type => type != AuditEventType.Checkpoint)
            .ToListAsync();
        Assert.That(types.TakeLast(2), Is.EqualTo(new[] { AuditEventType.Revoked, AuditEventType.Stopped }));
        Assert.That((await AuditVerifier.VerifyAsync(AuditFiles.Current(sandbox.AuditFolder, "one"))).RecordsAfterCheckpoint, Is.Zero);
    }

    [Test]
    public async Task Stop_tells_the_holders_of_lifelines_to_come_back()
    {
        await using var broker = await BrokerUnderTest.StartAsync();
        var agent = broker.Agent("a");
        using var lifeline = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = await agent.StartTaskAsync() });
        await lifeline.ResponseStream.MoveNext(default);

        broker.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        var told = await Rpc.RefusedAsync(StatusCode.Unavailable, () => lifeline.ResponseStream.MoveNext(default));
        Assert.That(Rpc.DetailOf(told).Reason, Is.EqualTo("STOPPING"));
    }

    [Test]
    public async Task Secret_that_is_being_made_when_the_broker_stops_is_handed_out_or_gone()
    {
        await using var broker = await BrokerUnderTest.StartAsync();
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        broker.Target.HoldIssues();
        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items).ResponseAsync;
        await broker.Target.UntilIssuingAsync();

        var stop = broker.StopAsync();
        broker.Target.LetIssuesGo();
        await stop;

        var answer = await Task.WhenAny(issuing) == issuing && issuing.IsCompletedSuccessfully ? await issuing : null;
        Assert.That(broker.Target.Live.Keys.Select(id => id.Value), Is.EqualTo(answer is null ? Array.Empty<string>() : [answer.Lease.LeaseId]));
    }
}
