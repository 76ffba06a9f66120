using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Tests.EndToEnd;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>Orders that are given an end. That the store keeps to it is in its contract (<c>Order_with_an_end_…</c>).</summary>
internal sealed class KillEndTests : ApiFixture
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    protected override Task<BrokerUnderTest> StartAsync() => BrokerUnderTest.StartAsync(
        KillOperator.MayKill, ("Revocation:SweepInterval", "00:00:00.1"));

    [Test]
    public async Task Order_says_until_when_it_stands_and_stops_issuing_until_then()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        using var call = KillOperator.At(Broker).Calls.Kill(
            new Proto.KillRequest { Selector = KillOperator.Workload(name), Reason = "a test", Lifetime = Long.ToDuration() });
        await call.ResponseStream.MoveNext(default);

        var order = call.ResponseStream.Current.IssuingStopped.Order;
        var listed = (await KillOperator.At(Broker).ListAsync()).Single(one => one.OrderId == order.OrderId);
        var refused = await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));

        Assert.That(order.ExpireTime - order.CreateTime, Is.EqualTo(Long.ToDuration()));
        Assert.That(listed.ExpireTime, Is.EqualTo(order.ExpireTime));
        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("KILLED"));
        await Broker.Store.LiftKillOrderAsync(order.OrderId, default);
    }

    [Test]
    public async Task Order_whose_time_is_over_is_lifted_by_itself_and_that_is_on_the_record()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;

        var given = await GiveAsync(name, Short);
        await BecomesRevokedAsync(agent, lease);
        await Wait.UntilAsync(async () => !(await KillOperator.At(Broker).ListAsync()).Any(one => one.OrderId == given.Id));

        await agent.IssueAsync(task, BrokerUnderTest.Items);
        Assert.That((await agent.GetAsync(lease)).EndCause, Is.EqualTo(Proto.EndCause.Killed), "what it has ended stays ended");
        AuditRecord? expired = null;
        await Wait.UntilAsync(async () => (expired = await FindAsync(AuditEventType.KillExpired, given.Id)) is not null);
        var killed = await FindAsync(AuditEventType.Killed, given.Id);
        Assert.That((expired!.EndTime, killed!.ExpireTime), Is.EqualTo((given.ExpireTime, given.ExpireTime)));
        await Wait.UntilAsync(async () => (await Broker.Store.ListExpiredKillOrdersAsync(default)).Count == 0);
    }

    [Test]
    public async Task Same_order_again_does_not_end_with_one_that_was_given_before()
    {
        var (name, _) = NewNamed();
        var timed = await GiveAsync(name, Long);

        var endless = await GiveAsync(name, lifetime: null);
        var again = await GiveAsync(name, Long);

        Assert.That(endless.Id, Is.Not.EqualTo(timed.Id));
        Assert.That((endless.ExpireTime, again.Id), Is.EqualTo(((DateTimeOffset?)null, endless.Id)), "it stands longer than what was asked");
        await Broker.Store.LiftKillOrderAsync(timed.Id, default);
        await Broker.Store.LiftKillOrderAsync(endless.Id, default);
    }

    [TestCase(9)]
    [TestCase((30 * 24 * 3600) + 1)]
    [TestCase(-1)]
    [TestCase(0)]
    public async Task Time_that_is_too_short_or_too_long_is_refused_and_nothing_is_killed(int seconds)
    {
        var request = new Proto.KillRequest
        {
            Selector = KillOperator.Workload("nobody"), Reason = "a test", Lifetime = new Duration { Seconds = seconds },
        };

        var refused = await Rpc.RefusedAsync(StatusCode.InvalidArgument, async () =>
        {
            using var call = KillOperator.At(Broker).Calls.Kill(request);
            await call.ResponseStream.MoveNext(default);
        });

        Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo("lifetime"));
        Assert.That(
            (await Broker.Store.ListKillOrdersAsync(default)).Select(order => order.Selector.Value),
            Has.None.EqualTo(Sandbox.Workload("nobody").Value));
    }

    private (string Name, Agent Agent) NewNamed()
    {
        var name = NewName();
        return (name, Broker.Agent(name));
    }

    private async Task<KillOrder> GiveAsync(string name, TimeSpan? lifetime)
    {
        var actor = new Workload(
            Sandbox.Workload(KillOperator.Name), AuthenticationMethod.JwtSvid, [], new Dictionary<string, string>(), default);
        var given = await Broker.Services.GetRequiredService<KillOrderGiver>().GiveAsync(
            new KillSelector(KillScope.Workload, Sandbox.Workload(name).Value), "a test", actor, sourceAddress: "", lifetime);
        await given.Recorded;
        return given.Execution.Order;
    }

    private async Task<AuditRecord?> FindAsync(AuditEventType type, string order) =>
        await AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder)
            .Select(entry => entry.Record)
            .FirstOrDefaultAsync(record => record.Type == type && record.KillOrder == order);
}
