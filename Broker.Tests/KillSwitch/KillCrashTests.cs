using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.V1;
using EndCause = SecretsBroker.Leases.EndCause;
using KillOrder = SecretsBroker.KillSwitch.KillOrder;
using KillSelector = SecretsBroker.KillSwitch.KillSelector;
using Lease = SecretsBroker.Leases.Lease;
using LeaseState = SecretsBroker.Leases.LeaseState;
using Proto = SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>A broker dies after each step of a kill; the next one finishes it.</summary>
internal sealed class KillCrashTests
{
    private const int Leases = 7;
    private static readonly TaskKey Task1 = new(new WorkloadId(TestBroker.Agent), new TaskId("t"));
    private static readonly KillOrder Order = new("k-1", new KillSelector(KillScope.Workload, TestBroker.Agent), "a test", "an operator", default);

    /// <summary>What the broker had done when it died.</summary>
    private static readonly TestCaseData<Func<ILeaseStore, Task>>[] Steps =
    [
        new(store => GiveAsync(store)) { TestName = "order given" },
        new(async store =>
        {
            await GiveAsync(store);
            await store.EndMatchingAsync(0, Order.Selector, cursor: null, 3, default);
        }) { TestName = "first page ended" },
        new(async store =>
        {
            await GiveAsync(store);
            await EndAllAsync(store);
        }) { TestName = "all ended" },
        new(async store =>
        {
            await GiveAsync(store);
            var ended = await EndAllAsync(store);
            await store.ClaimAsync(ended[0].Id, TimeSpan.FromSeconds(1), default);
        }) { TestName = "first revocation begun" },
    ];

    [TestCaseSource(nameof(Steps))]
    public async Task Kill_whose_broker_died_is_finished_by_the_next_one(Func<ILeaseStore, Task> steps)
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = broker.ConnectRaw();
        await client.Tasks.StartTaskAsync(new StartTaskRequest { TaskId = Task1.Id.Value, Purpose = "to be killed" }, client.Options());
        for (var i = 0; i < Leases; i++)
        {
            await client.Leases.IssueLeaseAsync(
                new IssueLeaseRequest
                {
                    TaskId = Task1.Id.Value,
                    Intent = new Proto.Intent { Action = "read", Resource = "memory/notes", Purpose = "to be killed" },
                },
                client.Options());
        }

        var pending = await DieAsync(broker, steps);
        var store = broker.StoreOf();
        IReadOnlyList<Lease> leases = [];
        await Wait.UntilAsync(async () =>
        {
            leases = (await store.ListLeasesAsync(Task1.Owner, Task1.Id, 100, "", default)).Leases;
            return leases.All(lease => lease.State == LeaseState.Revoked);
        });

        Assert.Multiple(() =>
        {
            Assert.That(leases, Has.Count.EqualTo(Leases + 1));
            Assert.That(leases.Select(lease => lease.Id), Does.Contain(pending));
            Assert.That(leases.Select(lease => lease.Cause), Is.All.EqualTo(EndCause.Killed));
            Assert.That(broker.Memory.Logins, Is.Empty);
        });
        var killed = await broker.WaitForAuditAsync(AuditEventType.Killed, record => record.KillOrder == Order.Id);
        Assert.That((killed.Workload, killed.Reason), Is.EqualTo((Order.Actor, Order.Reason)));
    }

    [Test]
    public async Task Order_is_recorded_once_however_often_its_brokers_die()
    {
        await using var broker = await TestBroker.StartAsync();
        await DieAsync(broker, GiveAsync);
        await broker.WaitForAuditAsync(AuditEventType.Killed, record => record.KillOrder == Order.Id);

        for (var i = 0; i < 2; i++)
        {
            await DieAsync(broker, _ => Task.CompletedTask);
            await Wait.UntilAsync(() => broker.Executor().IsAtOrDone(Order.Id));
            await broker.Pass();
        }

        Assert.That(await broker.ReadAuditAsync(AuditEventType.Killed), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Order_that_was_lifted_before_it_was_carried_out_ends_nothing_that_comes_later()
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = broker.Connect();
        await DieAsync(broker, async store =>
        {
            await GiveAsync(store);
            await store.LiftKillOrderAsync(Order.Id, default);
        });
        await using var task = await client.StartTaskAsync("go on");
        var lease = await task.AcquireAsync("read", "memory/notes");

        await broker.Pass();

        var store = broker.StoreOf();
        Assert.That((await store.FindLeaseAsync(LeaseId.Parse(lease.Id), default))!.State, Is.EqualTo(LeaseState.Active));
        Assert.That(broker.Executor().IsAtOrDone(Order.Id), Is.False);
    }

    /// <summary>Stops the broker, does what one did before it died, and starts the next.</summary>
    /// <returns>A reservation that nobody finishes.</returns>
    private static async Task<LeaseId> DieAsync(TestBroker broker, Func<ILeaseStore, Task> steps)
    {
        await broker.StopAsync();
        LeaseId pending;
        await using (var store = new SqliteLeaseStore(
            new SqliteStoreOptions { Path = Path.Combine(broker.Folder, "leases.db"), Durable = false }, TimeProvider.System))
        {
            await store.StartTaskAsync(Task1, new TaskContent("to be killed", "", new Dictionary<string, string>()), TimeSpan.FromHours(1), default);
            var reserved = await store.ReserveAsync(Reservation, default);
            pending = reserved.Lease?.Id ?? default;
            await steps(store);
        }

        await broker.StartAgainAsync();
        return pending;
    }

    private static async Task GiveAsync(ILeaseStore store) => await store.AddKillOrderAsync(Order, default);

    private static async Task<IReadOnlyList<Lease>> EndAllAsync(ILeaseStore store) =>
        (await store.EndMatchingAsync(0, Order.Selector, cursor: null, 100, default)).Ended;

    private static Reservation Reservation => new()
    {
        Task = Task1,
        Grant = "read-notes",
        Engine = "memory",
        Target = "memory",
        Action = "read",
        Resource = "memory/notes",
        DecisionId = "d",
        TimeToLive = TimeSpan.FromMinutes(2),
        MaxTimeToLive = TimeSpan.FromMinutes(2),
        // Not over before the order is given, however slow the machine.
        IssueTimeout = TimeSpan.FromSeconds(10),
        SettleMargin = TimeSpan.Zero,
        Quotas = new LeaseQuotas(0, 0, 0),
    };
}
