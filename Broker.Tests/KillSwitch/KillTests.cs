using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using Proto = SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>The switch as an operator sees it.</summary>
internal sealed class KillTests : ApiFixture
{
    private KillOperator Operator => KillOperator.At(Broker);

    private static readonly string Policies = $"""
        {Sandbox.ReadersMayRead}
        permit (
            principal == Workload::"{Sandbox.Workload(KillOperator.Name)}",
            action in [Broker::Action::"kill", Broker::Action::"lift_kill", Broker::Action::"read_kills"],
            resource);
        """;

    protected override Task<BrokerUnderTest> StartAsync() =>
        BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null);

    [Test]
    public async Task Kill_stops_issuing_ends_what_lives_and_tells_the_numbers()
    {
        var (name, agent, task) = await StartTaskAsync();
        var leases = await IssueAsync(agent, task, 30);
        var (_, bystander, othersTask) = await StartTaskAsync();
        var other = (await bystander.IssueAsync(othersTask, BrokerUnderTest.Items)).Lease.LeaseId;

        // It cannot be over before its progress was told.
        Broker.Target.HoldRevocations();
        using var pulling = await Operator.BeginAsync(KillOperator.Workload(name), reason: "it loops");
        await pulling.ProgressAsync();
        Broker.Target.LetRevocationsGo();
        var pulled = await pulling.EndAsync();

        var progress = pulled.Done.Progress;
        Assert.Multiple(() =>
        {
            Assert.That((progress.Found, progress.Ended, progress.Gone, progress.Revoking), Is.EqualTo((30, 30, 30, 0)));
            Assert.That(pulled.Done.AllGone && pulled.Done.Recorded);
            Assert.That(pulled.Progress, Is.Not.Empty);
            Assert.That(pulled.Progress.Select(one => one.Gone), Is.Ordered);
            Assert.That(progress.FirstGone.ToTimeSpan(), Is.LessThanOrEqualTo(progress.LastGone.ToTimeSpan()));
            Assert.That(pulled.Stopped.Order.Operator, Is.EqualTo(Sandbox.Workload(KillOperator.Name).Value));
            Assert.That(pulled.Stopped.Warning, Is.Empty);
            Assert.That(leases.Select(LeaseId.Parse).Where(Broker.Target.Live.ContainsKey), Is.Empty);
        });
        var refused = await Rpc.RefusedAsync(
            StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("KILLED"));
        Assert.That((await agent.GetAsync(leases[0])).EndCause, Is.EqualTo(Proto.EndCause.Killed));
        Assert.That((await bystander.GetAsync(other)).State, Is.EqualTo(Proto.LeaseState.Active));
        await bystander.IssueAsync(othersTask, BrokerUnderTest.Items);
        await AssertRecordedAsync(pulled.Order, name);
    }

    private static readonly TestCaseData<Func<string, string, Proto.KillSelector>>[] Selectors =
    [
        new((name, _) => KillOperator.Workload(name)) { TestName = "workload" },
        new((name, task) => new Proto.KillSelector { Task = new TaskSelector { Owner = Sandbox.Workload(name).Value, TaskId = task } }) { TestName = "task" },
        new((name, _) => new Proto.KillSelector { Initiator = name }) { TestName = "initiator" },
        new((_, _) => new Proto.KillSelector { Grant = "read-items" }) { TestName = "grant" },
        new((_, _) => new Proto.KillSelector { Engine = "fake" }) { TestName = "engine" },
        new((_, _) => new Proto.KillSelector { Target = "vault" }) { TestName = "target" },
        new((_, _) => new Proto.KillSelector { Resource = BrokerUnderTest.Items }) { TestName = "resource" },
        new((_, _) => new Proto.KillSelector { Resource = "vault" }) { TestName = "resource above" },
        new((_, _) => new Proto.KillSelector { All = true }) { TestName = "all" },
    ];

    [TestCaseSource(nameof(Selectors))]
    public async Task Order_covers_what_its_selector_says_until_it_is_lifted(Func<string, string, Proto.KillSelector> selectorOf)
    {
        var (name, agent, task) = await StartTaskAsync();
        var lease = (await IssueAsync(agent, task, 1)).Single();
        var selector = selectorOf(name, task);

        var pulled = await Operator.KillAsync(selector);

        Assert.That(pulled.Done.AllGone);
        Assert.That((await agent.GetAsync(lease)).EndCause, Is.EqualTo(Proto.EndCause.Killed));
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        var standing = (await Operator.ListAsync()).Single(order => order.OrderId == pulled.Order);
        Assert.That((standing.Selector, standing.Reason), Is.EqualTo((selector, "a test")));
        Assert.That((await Operator.LiftAsync(pulled.Order)).Lifted);
        Assert.That((await Operator.ListAsync()).Select(order => order.OrderId), Does.Not.Contain(pulled.Order));
        await agent.IssueAsync(task, BrokerUnderTest.Items);
    }

    [Test]
    public async Task Repeated_kill_is_the_same_order_and_counts_again_what_is_not_gone()
    {
        var (name, agent, task) = await StartTaskAsync();
        await IssueAsync(agent, task, 3);
        Broker.Target.HoldRevocations();

        var first = await Operator.KillAsync(KillOperator.Workload(name), within: TimeSpan.FromSeconds(25));
        Broker.Target.LetRevocationsGo();
        var second = await Operator.KillAsync(KillOperator.Workload(name));

        Assert.Multiple(() =>
        {
            Assert.That(second.Order, Is.EqualTo(first.Order));
            Assert.That(first.Done.AllGone, Is.False);
            Assert.That((first.Done.Progress.Found, first.Done.Progress.Revoking), Is.EqualTo((3, 3)));
            Assert.That(second.Done.AllGone);
        });
    }

    [Test]
    public async Task Order_is_carried_out_though_nobody_listens()
    {
        var (name, agent, task) = await StartTaskAsync();
        var leases = await IssueAsync(agent, task, 5);
        Broker.Target.HoldRevocations();

        (await Operator.BeginAsync(KillOperator.Workload(name))).Dispose();
        Broker.Target.LetRevocationsGo();

        foreach (var lease in leases)
        {
            Assert.That((await BecomesRevokedAsync(agent, lease)).EndCause, Is.EqualTo(Proto.EndCause.Killed));
        }
    }

    [Test]
    public async Task Name_that_nothing_has_is_warned_of()
    {
        var pulled = await Operator.KillAsync(new Proto.KillSelector { Grant = "read-itmes" });

        Assert.That(pulled.Stopped.Warning, Does.Contain("grant read-itmes"));
        Assert.That((pulled.Done.AllGone, pulled.Done.Progress.Found), Is.EqualTo((true, 0)));
        await Operator.LiftAsync(pulled.Order);
    }

    [Test]
    public async Task Order_that_does_not_stand_cannot_be_lifted()
    {
        var refused = await Rpc.RefusedAsync(StatusCode.NotFound, () => Operator.LiftAsync("k-unknown"));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("KILL_ORDER_NOT_FOUND"));
    }

    private static readonly TestCaseData<Proto.KillSelector?, string, string>[] Bad =
    [
        new(null, "r", "selector"),
        new(new Proto.KillSelector(), "r", "selector"),
        new(new Proto.KillSelector { All = false }, "r", "selector"),
        new(new Proto.KillSelector { All = true }, "", "reason"),
        new(new Proto.KillSelector { All = true }, new string('r', 501), "reason"),
        new(new Proto.KillSelector { All = true }, "a\u202eb", "reason"),
        new(new Proto.KillSelector { Workload = "agent" }, "r", "selector.workload"),
        new(new Proto.KillSelector { Workload = "spiffe://dev.local" }, "r", "selector.workload"),
        new(new Proto.KillSelector { Workload = "spiffe://dev.local/a/../b" }, "r", "selector.workload"),
        new(new Proto.KillSelector { Task = new TaskSelector { Owner = "x", TaskId = "t" } }, "r", "selector.task.owner"),
        new(new Proto.KillSelector { Task = new TaskSelector { Owner = "spiffe://dev.local/a", TaskId = "a b" } }, "r", "selector.task.task_id"),
        new(new Proto.KillSelector { Initiator = "" }, "r", "selector.initiator"),
        new(new Proto.KillSelector { Initiator = "a\nb" }, "r", "selector.initiator"),
        new(new Proto.KillSelector { Grant = "" }, "r", "selector.grant"),
        new(new Proto.KillSelector { Grant = "Read Items" }, "r", "selector.grant"),
        new(new Proto.KillSelector { Engine = "fake; DROP" }, "r", "selector.engine"),
        new(new Proto.KillSelector { Target = new string('a', 41) }, "r", "selector.target"),
        new(new Proto.KillSelector { Resource = "" }, "r", "selector.resource"),
        new(new Proto.KillSelector { Resource = "/vault" }, "r", "selector.resource"),
        new(new Proto.KillSelector { Resource = "vault/*" }, "r", "selector.resource"),
    ];

    [TestCaseSource(nameof(Bad))]
    public async Task Order_that_breaks_a_rule_is_refused_and_stands_nowhere(Proto.KillSelector? selector, string reason, string field)
    {
        var before = await Operator.ListAsync();

        var refused = await Rpc.RefusedAsync(StatusCode.InvalidArgument, async () =>
        {
            using var call = Operator.Calls.Kill(new KillRequest { Selector = selector, Reason = reason });
            await call.ResponseStream.MoveNext(default);
        });

        Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo(field));
        Assert.That(await Operator.ListAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task Somebody_whom_nothing_names_may_neither_kill_nor_look()
    {
        var somebody = new KillOperator(NewAgent());

        foreach (var call in (Func<Task>[])
        [
            () => somebody.KillAsync(new Proto.KillSelector { All = true }),
            () => somebody.ListAsync(),
            () => somebody.LiftAsync("k-unknown"),
        ])
        {
            await Rpc.RefusedAsync(StatusCode.PermissionDenied, call);
        }

        Assert.That(await Broker.Store.ListKillOrdersAsync(default), Has.None.Property("Selector").EqualTo(
            new SecretsBroker.KillSwitch.KillSelector(SecretsBroker.KillSwitch.KillScope.All, "")));
    }

    private async Task AssertRecordedAsync(string order, string name)
    {
        List<AuditRecord> records = [];
        await Eventually.HoldsAsync(async () =>
        {
            records = await AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder)
                .Select(entry => entry.Record)
                .Where(record => record.KillOrder == order)
                .ToListAsync();
            return records.Count >= 2;
        });
        var (killed, carriedOut) = (records[0], records[1]);
        Assert.Multiple(() =>
        {
            Assert.That(records.Select(record => record.Type), Is.EqualTo(new[] { AuditEventType.Killed, AuditEventType.KillCarriedOut }));
            Assert.That((killed.Workload, killed.Reason), Is.EqualTo((Sandbox.Workload(KillOperator.Name).Value, "it loops")));
            Assert.That(killed.Selector, Is.EqualTo($"workload {Sandbox.Workload(name)}"));
            Assert.That(
                (carriedOut.LeasesFound, carriedOut.LeasesEnded, carriedOut.LeasesGone, carriedOut.Outcome), Is.EqualTo((30L, 30L, 30L, "gone")));
        });
    }

    private async Task<(string Name, Agent Agent, string Task)> StartTaskAsync()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        var started = await agent.Tasks.StartTaskAsync(new StartTaskRequest { Purpose = "a test", Initiator = name });
        return (name, agent, started.Task.TaskId);
    }

    private static async Task<IReadOnlyList<string>> IssueAsync(Agent agent, string task, int count)
    {
        var issued = await Task.WhenAll(Enumerable.Range(0, count).Select(async _ => await agent.IssueAsync(task, BrokerUnderTest.Items)));
        return [.. issued.Select(one => one.Lease.LeaseId)];
    }
}
