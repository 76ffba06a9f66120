using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>The pass over the standing orders, beside those who give and lift them.</summary>
internal sealed class StandingOrdersTests
{
    private static readonly Workload Operator = new(
        new WorkloadId("spiffe://dev.local/operator"), AuthenticationMethod.JwtSvid, [], new Dictionary<string, string>(), default);

    [Test]
    public async Task Order_that_is_given_while_a_pass_reads_the_list_is_carried_out()
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("be killed");
        await task.AcquireAsync("read", "memory/notes");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        broker.Memory.BeforeRevoking = (_, token) => goOn.Task.WaitAsync(token);
        GivenOrder? given = null;
        var store = MockedStore();
        // Read before the order, answered after it.
        store.Setup(one => one.ListKillOrdersAsync(It.IsAny<CancellationToken>())).Returns(async () =>
        {
            given = await GiveAsync(broker, KillScope.Workload, TestBroker.Agent);
            return [];
        });

        await Orders(broker, store.Object).PassAsync(default);
        goOn.SetResult();
        await given!.Execution.Over;

        Assert.That((given.Execution.Progress.Gone, given.Execution.Progress.AllGone), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task Order_that_was_lifted_elsewhere_is_not_carried_on()
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("be killed");
        await task.AcquireAsync("read", "memory/notes");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        broker.Memory.BeforeRevoking = (_, token) => goOn.Task.WaitAsync(token);
        var given = await GiveAsync(broker, KillScope.Workload, TestBroker.Agent);
        await Wait.UntilAsync(() => given.Execution.Progress.Ended == 1);
        await broker.StoreOf().LiftKillOrderAsync(given.Execution.Order.Id, default);

        await broker.Pass();
        await given.Execution.Over;

        Assert.That(given.Execution.Progress.AllGone, Is.False);
        await Wait.UntilAsync(() => !broker.Executor().IsAtOrDone(given.Execution.Order.Id));
        goOn.SetResult();
        // What it has ended stays ended, and is revoked.
        await Wait.UntilAsync(() => broker.Memory.Logins.Count == 0);
    }

    [Test]
    public async Task Order_of_another_broker_is_left_to_it_for_a_while_and_then_carried_out()
    {
        await using var broker = await TestBroker.StartAsync();
        var time = new ManualTime();
        var store = MockedStore();
        KillOrder[] standing = [];
        store.Setup(one => one.ListKillOrdersAsync(It.IsAny<CancellationToken>())).ReturnsAsync(() => standing);
        store.Setup(one => one.SpreadKillOrderAsync(It.IsAny<KillOrder>(), It.IsAny<CancellationToken>())).ReturnsAsync(true);
        var orders = Orders(broker, store.Object, time);
        await orders.PassAsync(default);
        standing = [new KillOrder("k-other", new KillSelector(KillScope.Grant, "read-notes"), "a test", "an operator", default)];

        await orders.PassAsync(default);
        store.Verify(one => one.SpreadKillOrderAsync(It.IsAny<KillOrder>(), It.IsAny<CancellationToken>()), Times.Never);
        time.Advance(StandingOrders.TakeOverDelay);
        await orders.PassAsync(default);

        store.Verify(one => one.SpreadKillOrderAsync(standing[0], It.IsAny<CancellationToken>()), Times.Once);
        await broker.WaitForAuditAsync(AuditEventType.Killed, record => record.KillOrder == "k-other");
    }

    [Test]
    public async Task Order_whose_time_is_over_is_lifted_only_when_that_is_on_the_record()
    {
        await using var broker = await TestBroker.StartAsync();
        var over = new KillOrder("k-over", new KillSelector(KillScope.Grant, "read-notes"), "a test", "an operator", default)
        {
            Lifetime = TimeSpan.FromMinutes(1),
        };
        var store = MockedStore();
        store.Setup(one => one.ListKillOrdersAsync(It.IsAny<CancellationToken>())).ReturnsAsync([]);
        store.Setup(one => one.ListExpiredKillOrdersAsync(It.IsAny<CancellationToken>())).ReturnsAsync([over]);
        var audit = new Mock<IAuditSink>();
        audit.SetupSequence(one => one.AppendAsync(It.IsAny<AuditRecord>(), It.IsAny<CancellationToken>()))
            .Throws(new AuditException("the disk is full"))
            .Returns(ValueTask.CompletedTask);
        var orders = Orders(broker, store.Object, records: new KillRecords(audit.Object, NullLogger<KillRecords>.Instance));

        await orders.PassAsync(default);
        store.Verify(one => one.LiftKillOrderAsync(It.IsAny<string>(), It.IsAny<CancellationToken>()), Times.Never);
        await orders.PassAsync(default);

        store.Verify(one => one.LiftKillOrderAsync("k-over", It.IsAny<CancellationToken>()), Times.Once);
        audit.Verify(one => one.AppendAsync(
            It.Is<AuditRecord>(record => record.Type == AuditEventType.KillExpired && record.KillOrder == "k-over"), It.IsAny<CancellationToken>()));
    }

    private static Mock<ILeaseStore> MockedStore()
    {
        var store = new Mock<ILeaseStore>();
        store.Setup(one => one.ListExpiredKillOrdersAsync(It.IsAny<CancellationToken>())).ReturnsAsync([]);
        return store;
    }

    private static Task<GivenOrder> GiveAsync(TestBroker broker, KillScope scope, string value) =>
        broker.Services.GetRequiredService<KillOrderGiver>().GiveAsync(new KillSelector(scope, value), "a test", Operator, sourceAddress: "");

    private static StandingOrders Orders(TestBroker broker, ILeaseStore store, TimeProvider? time = null, KillRecords? records = null) => new(
        store,
        broker.Executor(),
        records ?? broker.Services.GetRequiredService<KillRecords>(),
        broker.Services.GetRequiredService<BrokerMetrics>(),
        time ?? TimeProvider.System,
        NullLogger<StandingOrders>.Instance);
}
