using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.CommandLine.Kill;

/// <summary><c>broker kill</c> against a broker that runs.</summary>
[NonParallelizable]
internal sealed class KillCommandTests : ApiFixture
{
    private const string Operator = "operator";
    private const string Apprentice = "apprentice";

    private static readonly string Policies = $$"""
        {{Sandbox.ReadersMayRead}}

        permit (principal == Workload::"{{Sandbox.Workload(Operator)}}", action in [Broker::Action::"kill", Broker::Action::"read_kills"], resource);
        permit (principal == Workload::"{{Sandbox.Workload(Operator)}}", action == Broker::Action::"lift_kill", resource);

        permit (principal == Workload::"{{Sandbox.Workload(Apprentice)}}", action in [Broker::Action::"kill", Broker::Action::"read_kills"], resource);
        @second_operator("required")
        permit (principal == Workload::"{{Sandbox.Workload(Apprentice)}}", action == Broker::Action::"lift_kill", resource);
        """;

    protected override Task<BrokerUnderTest> StartAsync() =>
        BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null);

    [TearDown]
    public async Task LiftAllAsync()
    {
        Broker.Target.IsDown = false;
        foreach (var order in await Broker.Store.ListKillOrdersAsync(default))
        {
            await Broker.Store.LiftKillOrderAsync(order.Id, default);
        }
    }

    [Test]
    public async Task Kill_shows_that_issuing_stopped_and_that_all_is_gone()
    {
        var (name, agent, task) = await StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        await agent.IssueAsync(task, BrokerUnderTest.Items);

        var run = await RunAsync(Operator, "--workload", $"{Sandbox.Workload(name)}", "--reason", "it loops");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain($"Issuing has stopped for workload {Sandbox.Workload(name)}").And.Contain("All 2 leases are proven gone"));
        Assert.That(run.Errors, Is.Empty);
        Assert.That(Broker.Target.Live, Is.Empty);
    }

    [Test]
    public async Task Orders_are_listed_with_who_and_why_and_lifted_by_their_id()
    {
        var (name, agent, task) = await StartTaskAsync();
        await RunAsync(Operator, "--task", $"{Sandbox.Workload(name)}", task, "--reason", "it loops");
        var order = (await Broker.Store.ListKillOrdersAsync(default)).Single();

        var list = await RunAsync(Operator, "list");
        var lift = await RunAsync(Operator, "lift", order.Id);
        var empty = await RunAsync(Operator, "list");

        Assert.Multiple(() =>
        {
            Assert.That(list.Output, Does.Contain(order.Id).And.Contain($"task {task} of {Sandbox.Workload(name)}"));
            Assert.That(list.Output, Does.Contain($"by {Sandbox.Workload(Operator)}: it loops"));
            Assert.That((list.ExitCode, lift.ExitCode, empty.ExitCode), Is.EqualTo((0, 0, 0)));
            Assert.That(empty.Output, Does.Contain("No kill order stands"));
        });
        await agent.IssueAsync(task, BrokerUnderTest.Items);
    }

    [Test]
    public async Task Order_with_an_end_says_when_it_is_lifted_by_itself()
    {
        var run = await RunAsync(Operator, "--grant", "read-items", "--for", "10m", "--reason", "look first");
        var list = await RunAsync(Operator, "list");

        var order = (await Broker.Store.ListKillOrdersAsync(default)).Single();
        Assert.That(order.Lifetime, Is.EqualTo(TimeSpan.FromMinutes(10)));
        Assert.That(run.Output, Does.Contain("lifted by itself at"));
        Assert.That(list.Output, Does.Contain("  until "));
    }

    [TestCase("9s")]
    [TestCase("31d")]
    [TestCase("soon")]
    public async Task Time_that_cannot_be_is_refused_before_anything_is_killed(string time)
    {
        var run = await RunAsync(Operator, "--all", "--for", time, "--reason", "a test");

        Assert.That((run.ExitCode, run.Errors.Contains("--for", StringComparison.Ordinal)), Is.EqualTo((1, true)), run.Errors);
        Assert.That(await Broker.Store.ListKillOrdersAsync(default), Is.Empty);
    }

    private static readonly TestCaseData<string[], KillSelector>[] Selectors =
    [
        new(["--workload", "spiffe://dev.local/w"], new KillSelector { Workload = "spiffe://dev.local/w" }),
        new(["--task", "spiffe://dev.local/w", "t"], new KillSelector { Task = new TaskSelector { Owner = "spiffe://dev.local/w", TaskId = "t" } }),
        new(["--initiator", "carol@example.org"], new KillSelector { Initiator = "carol@example.org" }),
        new(["--grant", "read-items"], new KillSelector { Grant = "read-items" }),
        new(["--engine", "fake"], new KillSelector { Engine = "fake" }),
        new(["--target", "vault"], new KillSelector { Target = "vault" }),
        new(["--resource", "vault"], new KillSelector { Resource = "vault" }),
        new(["--all"], new KillSelector { All = true }),
    ];

    [TestCaseSource(nameof(Selectors))]
    public async Task Every_option_is_an_order_of_its_kind(string[] arguments, KillSelector selector)
    {
        var run = await RunAsync(Operator, [.. arguments, "--reason", "a test"]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var orders = await new SecretsBroker.Tests.KillSwitch.KillOperator(Broker.Agent(Operator)).ListAsync();
        Assert.That(orders.Select(order => order.Selector), Is.EqualTo(new[] { selector }));
    }

    [TestCase("--reason", "a test")]
    [TestCase("--all", "--grant", "read-items", "--reason", "a test")]
    [TestCase("--all")]
    [TestCase("--all", "--reason", "a test", "--wait", "0")]
    [TestCase("--workload", "not a workload", "--reason", "a test")]
    public async Task What_is_not_one_order_with_a_reason_kills_nothing(params string[] arguments)
    {
        var run = await RunAsync(Operator, arguments);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Is.Not.Empty);
        Assert.That(await Broker.Store.ListKillOrdersAsync(default), Is.Empty);
    }

    [Test]
    public async Task Misspelt_name_is_warned_of()
    {
        var run = await RunAsync(Operator, "--grant", "read-itmes", "--reason", "a test");

        Assert.That(run.Errors, Does.Contain("read-itmes"));
    }

    [Test]
    public async Task What_is_not_gone_in_time_is_told_and_has_an_exit_code_of_its_own()
    {
        var (name, agent, task) = await StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        Broker.Target.IsDown = true;

        var run = await RunAsync(Operator, "--workload", $"{Sandbox.Workload(name)}", "--reason", "a test", "--wait", "20");

        Assert.That(run.ExitCode, Is.EqualTo(3));
        Assert.That(run.Errors, Does.Contain("1 of 1 leases are not proven gone yet"));
    }

    [Test]
    public async Task Whom_policy_does_not_name_is_refused()
    {
        var run = await RunAsync(NewName(), "--all", "--reason", "a test");

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("denied"));
    }

    [Test]
    public async Task Lift_that_needs_another_operator_is_proposed()
    {
        await RunAsync(Apprentice, "--grant", "read-items", "--reason", "a test");
        var order = (await Broker.Store.ListKillOrdersAsync(default)).Single();

        var proposed = await RunAsync(Apprentice, "lift", order.Id);
        var list = await RunAsync(Apprentice, "list");

        Assert.That(proposed.ExitCode, Is.EqualTo(3));
        Assert.That(list.Output, Does.Contain($"proposed by {Sandbox.Workload(Apprentice)}"));
    }

    [Test]
    public async Task Drill_kills_its_own_task_measures_and_leaves_nothing_behind()
    {
        var (_, agent, task) = await StartTaskAsync();
        var other = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;

        var run = await RunAsync(Operator, "drill", "--action", "read", "--resource", BrokerUnderTest.Items, "--count", "12");

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(
            run.Output.Split('\n').Where(line => line.EndsWith(" leases issued", StringComparison.Ordinal)),
            Is.EqualTo(Enumerable.Range(1, 12).Select(number => $"  {number} of 12 leases issued")));
        Assert.That(run.Output, Does.Match("leases killed +12 of 12").And.Match("a request after that +refused").And.Match("until the last was proven +[0-9]"));
        Assert.That(await Broker.Store.ListKillOrdersAsync(default), Is.Empty);
        Assert.That(Broker.Target.Live.Keys.Select(lease => lease.Value), Is.EqualTo(new[] { other }));
        await agent.CompleteAsync(task);
    }

    [Test]
    public async Task Drill_that_policy_does_not_let_have_the_secret_says_so()
    {
        var run = await RunAsync(Operator, "drill", "--action", "delete", "--resource", BrokerUnderTest.Items);

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("denied"));
    }

    [TestCase("--help", "Exit codes")]
    [TestCase("lift", "--help", "second operator")]
    [TestCase("drill", "--help", "measure")]
    public async Task Help_says_what_happens(params string[] arguments)
    {
        var run = await BrokerRun.InvokeAsync(["kill", .. arguments[..^1]]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((0, run.Output)));
        Assert.That(run.Output, Does.Contain(arguments[^1]));
    }

    private async Task<ProgramRun> RunAsync(string name, params string[] arguments)
    {
        var token = Broker.Sandbox.PathOf($"{name}.token");
        await File.WriteAllTextAsync(token, Broker.Sandbox.Token(name));
        return await BrokerRun.InvokeAsync(
            ["kill", .. arguments, "--address", $"http://{Broker.Channel.Target}", "--token-file", token]);
    }

    private async Task<(string Name, Agent Agent, string Task)> StartTaskAsync()
    {
        var name = NewName();
        var agent = Broker.Agent(name);
        return (name, agent, await agent.StartTaskAsync());
    }
}
