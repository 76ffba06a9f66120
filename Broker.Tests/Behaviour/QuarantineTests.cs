using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Client;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Tests.KillSwitch;
using SecretsBroker.V1;
using KillOrder = SecretsBroker.KillSwitch.KillOrder;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Behaviour;

/// <summary>A workload that loops is stopped for a while, and no other.</summary>
internal sealed class QuarantineTests
{
    private const string Other = "spiffe://dev.local/agent/b";
    private const string Operator = "spiffe://dev.local/operator";

    private const string Policies =
        """
        permit (principal, action == Action::"read", resource);
        permit (principal == Workload::"spiffe://dev.local/operator",
            action in [Broker::Action::"lift_kill", Broker::Action::"read_kills"], resource);
        """;

    [Test]
    public async Task Looping_workload_loses_what_it_has_and_gets_nothing_while_another_goes_on()
    {
        await using var broker = await StartAsync("00:10:00");
        using var client = broker.Connect();
        using var others = broker.Connect(Other);
        await using var task = await client.StartTaskAsync("loop");
        await using var othersTask = await others.StartTaskAsync("work");
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        await using var othersLease = await othersTask.AcquireAsync("read", "memory/notes");
        var told = new TaskCompletionSource<EndCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        lease.TakenAway += (_, taken) => told.TrySetResult(taken.Cause);

        await LoopAsync(task);

        var order = await OrderAsync(broker);
        Assert.That(await told.Task.WaitAsync(TimeSpan.FromMinutes(1)), Is.EqualTo(EndCause.Killed));
        var refused = await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "memory/notes"));
        Assert.That(refused!.Reason, Is.EqualTo("KILLED"));
        await using var another = await othersTask.AcquireAsync("read", "memory/notes");
        Assert.That(othersLease.Lost.IsCancellationRequested, Is.False);
        Assert.That((order.Actor, order.Selector.Value, order.Lifetime), Is.EqualTo(("circuit-breaker", TestBroker.Agent, (TimeSpan?)TimeSpan.FromMinutes(10))));
        var recorded = await broker.WaitForAuditAsync(AuditEventType.Quarantined, _ => true);
        Assert.That((recorded.Workload, recorded.KillOrder, recorded.ExpireTime), Is.EqualTo((TestBroker.Agent, order.Id, order.ExpireTime)));
        Assert.That(recorded.Reason, Does.StartWith("denials: ").And.EndWith("more than 5"));
        Assert.That(await broker.ReadAuditAsync(AuditEventType.Killed), Is.Empty);
    }

    [Test]
    public async Task Quarantine_ends_by_itself_and_who_has_stopped_is_not_put_there_again()
    {
        await using var broker = await StartAsync("00:00:01");
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("loop");

        await LoopAsync(task);
        var ended = await broker.WaitForAuditAsync(AuditEventType.KillExpired, record => record.Workload == TestBroker.Agent);
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        // What the acquiring counted is written down, and looked at.
        await Wait.UntilAsync(async () => (await StoredAsync(broker)).Issues > 0.9);
        await broker.Services.GetRequiredService<CircuitBreaker>().LookAsync(
            await broker.Services.GetRequiredService<SignalFlush>().PassAsync(default), default);

        var began = await broker.WaitForAuditAsync(AuditEventType.Quarantined, one => one.KillOrder == ended.KillOrder);
        Assert.That(ended.EndTime, Is.EqualTo(began.ExpireTime));
        Assert.That((await StoredAsync(broker)).Denials, Is.GreaterThan(5), "it has not decayed yet");
        Assert.That(await broker.StoreOf().ListKillOrdersAsync(default), Is.Empty);
        Assert.That(lease.Lost.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task Quarantine_survives_a_restart()
    {
        await using var broker = await StartAsync("00:10:00");
        using (var client = broker.Connect())
        {
            await using var task = await client.StartTaskAsync("loop");
            await LoopAsync(task);
            await OrderAsync(broker);
        }

        await broker.StopAsync();
        await broker.StartAgainAsync();

        using var again = broker.Connect();
        await using var newTask = await again.StartTaskAsync("go on");
        var refused = await Assert.ThrowsAsync<AccessDeniedException>(() => newTask.AcquireAsync("read", "memory/notes"));
        Assert.That(refused!.Reason, Is.EqualTo("KILLED"));
    }

    [Test]
    public async Task Operator_who_lifts_it_also_has_forgotten_what_led_to_it()
    {
        await using var broker = await StartAsync("00:10:00");
        using var client = broker.Connect();
        using var raw = broker.ConnectRaw(Operator);
        await using var task = await client.StartTaskAsync("loop");
        await LoopAsync(task);
        var order = await OrderAsync(broker);

        var lifted = await new KillSwitchService.KillSwitchServiceClient(raw.Channel).LiftKillOrderAsync(
            new LiftKillOrderRequest { OrderId = order.Id }, raw.Options());

        Assert.That(lifted.Lifted);
        Assert.That((await StoredAsync(broker)).Denials, Is.Zero.Within(0.01));
        await using var lease = await task.AcquireAsync("read", "memory/notes");
        await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "no/such"));
        await Wait.UntilAsync(async () => (await StoredAsync(broker)).Denials is > 0.9 and < 1.1);
        Assert.That(await broker.StoreOf().ListKillOrdersAsync(default), Is.Empty);
    }

    [Test]
    public async Task Use_outside_the_intent_again_and_again_is_looping_too()
    {
        await using var broker = await StartAsync("00:10:00", ("Behaviour:MaxViolations", "2"));
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("use it for something else");
        await using var lease = await task.AcquireAsync("read", "memory/notes");

        for (var i = 0; i < 3; i++)
        {
            await lease.ReportUseAsync("curl", "memory/secrets", UseOutcome.Succeeded);
        }

        Assert.That((await OrderAsync(broker)).Reason, Does.StartWith("violations: "));
    }

    [Test]
    public async Task Circuit_breaker_can_be_switched_off()
    {
        await using var broker = await StartAsync("00:00:00");
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("loop");

        await LoopAsync(task);
        await Wait.UntilAsync(async () => (await StoredAsync(broker)).Denials > 5.9);

        await using var lease = await task.AcquireAsync("read", "memory/notes");
        Assert.That(await broker.StoreOf().ListKillOrdersAsync(default), Is.Empty);
    }

    [Test]
    public async Task Two_brokers_that_see_it_in_the_same_moment_give_one_order()
    {
        await using var broker = await StartAsync("00:10:00");
        var breaker = broker.Services.GetRequiredService<CircuitBreaker>();
        var seen = (new SignalDelta(new WorkloadId(TestBroker.Agent), 0, 9, 0, 0, []), new SignalLevels(0, 9, 0, 0, 0));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => breaker.LookAsync([seen], default))));

        Assert.That(await broker.StoreOf().ListKillOrdersAsync(default), Has.Count.EqualTo(1));
    }

    // One more than it may: nothing is under way any more that could count after what follows from it.
    private static async Task LoopAsync(BrokerTask task)
    {
        for (var i = 0; i < 6; i++)
        {
            await Assert.ThrowsAsync<AccessDeniedException>(() => task.AcquireAsync("read", "no/such"));
        }
    }

    private static async Task<KillOrder> OrderAsync(TestBroker broker)
    {
        IReadOnlyList<KillOrder> standing = [];
        await Wait.UntilAsync(async () => (standing = await broker.StoreOf().ListKillOrdersAsync(default)).Count > 0);
        return standing[0];
    }

    private static async Task<SignalLevels> StoredAsync(TestBroker broker) => await broker.Services.GetRequiredService<ISignalStore>()
        .ReadSignalsAsync(new WorkloadId(TestBroker.Agent), TimeSpan.FromDays(1), default);

    private static Task<TestBroker> StartAsync(string quarantine, params (string Key, string Value)[] settings) => TestBroker.StartAsync(options =>
    {
        options.Policies = Policies;
        options.Settings["Behaviour:HalfLife"] = "1.00:00:00";
        options.Settings["Behaviour:FlushInterval"] = "00:00:00.1";
        options.Settings["Behaviour:Quarantine"] = quarantine;
        options.Settings["Behaviour:MaxDenials"] = "5";
        foreach (var (key, value) in settings)
        {
            options.Settings[key] = value;
        }
    });
}
