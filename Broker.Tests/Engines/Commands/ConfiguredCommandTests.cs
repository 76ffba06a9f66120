using System.Globalization;
using System.Text;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Tests.Leases.Sqlite;

namespace SecretsBroker.Tests.Engines.Commands;

internal sealed class ConfiguredCommandTests
{
    // In a group of its own, where only a look at the whole session finds it.
    private const string LeavesBehind = "set -m; sleep 600 > /dev/null 2>&1 < /dev/null & set +m";

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    [Test]
    public async Task Command_is_told_on_its_input_and_answers_on_its_output()
    {
        using var output = await RunAsync("tr a-z A-Z; echo not this >&2", "value");

        Assert.That(output.Reveal(), Is.EqualTo("VALUE"));
    }

    [Test]
    public async Task Command_inherits_nothing_of_the_environment()
    {
        const string Name = "CONFIGURED_COMMAND_TESTS_SECRET";
        Environment.SetEnvironmentVariable(Name, "hunter2");
        try
        {
            using var output = await ConfiguredCommand.RunAsync(
                "it", ["/usr/bin/env"], default, 4096, Long, TimeProvider.System, CancellationToken.None);

            var names = output.Reveal().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=')[0]);
            Assert.That(names, Is.SubsetOf((string[])["PATH", "HOME"]));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Name, null);
        }
    }

    [Test]
    public async Task Arguments_are_no_shell_text()
    {
        using var output = await ConfiguredCommand.RunAsync(
            "it", ["/bin/echo", "$(id)", "; id", "a b"], default, 4096, Long, TimeProvider.System, CancellationToken.None);

        Assert.That(output.Reveal(), Is.EqualTo("$(id) ; id a b\n"));
    }

    [Test]
    public void Command_that_fails_is_told_by_its_exit_code_only() => Assert.That(
        async () => await RunAsync("echo hunter2; echo hunter2 >&2; exit 7"),
        Throws.InstanceOf<EngineException>().With.Message.EqualTo("it failed with exit code 7"));

    [Test]
    public void Command_that_does_not_exist_is_a_failure() => Assert.That(
        async () => await ConfiguredCommand.RunAsync(
            "it", ["/nonexistent/program"], default, 10, Long, TimeProvider.System, CancellationToken.None),
        Throws.InstanceOf<EngineException>().With.Message.Contains("cannot be started"));

    [Test]
    public void Command_that_writes_without_end_is_stopped() => Assert.That(
        async () => await RunAsync("exec cat /dev/zero"),
        Throws.InstanceOf<EngineException>().With.Message.Contains("more than 1024 bytes"));

    [Test]
    public async Task Command_that_floods_its_error_output_is_not_held_up_by_it()
    {
        using var output = await RunAsync("head -c 1000000 /dev/zero >&2; echo done");

        Assert.That(output.Reveal(), Is.EqualTo("done\n"));
    }

    [Test]
    public async Task Command_need_not_read_its_input()
    {
        using var output = await RunAsync("exec 0<&-; echo done", new string('x', 1_000_000));

        Assert.That(output.Reveal(), Is.EqualTo("done\n"));
    }

    [Test]
    public async Task Command_over_its_time_is_killed_with_all_that_it_started()
    {
        using var folder = new TemporaryFolder();
        var file = folder.NewFile();

        Assert.That(
            async () => await RunAsync($"sleep 600 & echo $! > '{file}'; wait", limit: TimeSpan.FromSeconds(5)),
            Throws.InstanceOf<EngineException>().With.Message.Contains("was killed"));

        // On a machine that is busy enough it was killed before it had come to anything.
        if (File.Exists(file) && int.TryParse(await File.ReadAllTextAsync(file), out var started))
        {
            Assert.That(ProcessTable.IsRunning(started), Is.False);
        }
    }

    [Test]
    public async Task Nothing_that_a_command_started_outlives_it()
    {
        using var output = await RunAsync("sleep 600 > /dev/null 2>&1 < /dev/null & echo $!");

        var started = int.Parse(output.Reveal(), CultureInfo.InvariantCulture);
        Assert.That(ProcessTable.IsRunning(started), Is.False);
    }

    [Test]
    public async Task Nothing_that_a_command_started_in_a_group_of_its_own_outlives_it()
    {
        using var output = await RunAsync("set -m; sleep 600 > /dev/null 2>&1 < /dev/null & echo $!");

        var started = int.Parse(output.Reveal(), CultureInfo.InvariantCulture);
        Assert.That(ProcessTable.IsRunning(started), Is.False);
    }

    [Test]
    public async Task Answer_of_a_command_that_succeeded_is_kept_though_what_it_left_behind_does_not_go()
    {
        var left = new List<CommandLeftover>();
        using var output = await ConfiguredCommand.RunAsync(
            "it", ["/bin/bash", "-c", $"{LeavesBehind}; echo done"], default, 1024, Long, new NoTimeToEnd(), CancellationToken.None, left.Add);

        Assert.That((output.Reveal(), left.Single().HasSucceeded), Is.EqualTo(("done\n", true)));
        // It was killed, and goes a moment later.
        await Wait.UntilAsync(() => !left[0].IsThere);
    }

    [Test]
    public async Task Command_that_failed_and_left_something_behind_that_does_not_go_may_still_be_about_it()
    {
        var failure = await Assert.ThrowsAsync<CommandException>(async () => await ConfiguredCommand.RunAsync(
            "it", ["/bin/bash", "-c", $"{LeavesBehind}; exit 7"], default, 1024, Long, new NoTimeToEnd(), CancellationToken.None));

        Assert.That(failure!.Failure, Is.EqualTo(CommandFailure.Survived));
    }

    /// <summary>Whatever has much memory to give back is not gone at once.</summary>
    [Test]
    public async Task Command_that_takes_long_to_die_is_waited_for()
    {
        using var folder = new TemporaryFolder();
        var (pid, ready) = (folder.NewFile(), folder.NewFile());
        using var stop = new CancellationTokenSource();
        var run = RunAsync(
            $"{{ head -c 100000000 /dev/zero; : > '{ready}'; sleep 600; }} | tail -c 100000000 > /dev/null & echo $! > '{pid}.new'; mv '{pid}.new' '{pid}'; wait",
            cancellationToken: stop.Token);
        // Two processes make them, in any order.
        await Wait.UntilAsync(() => run.IsCompleted || (File.Exists(ready) && File.Exists(pid)));
        Assert.That(run.IsCompleted, Is.False);

        await stop.CancelAsync();

        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ProcessTable.IsRunning(int.Parse(await File.ReadAllTextAsync(pid), CultureInfo.InvariantCulture)), Is.False);
    }

    [Test]
    public void Command_is_killed_when_nobody_waits_for_it_any_more()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync("sleep 600", cancellationToken: stop.Token);

        stop.Cancel();

        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
    }

    private static Task<Secret> RunAsync(
        string script, string input = "", TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        ConfiguredCommand.RunAsync(
            "it", ["/bin/bash", "-c", script], Encoding.UTF8.GetBytes(input), 1024, limit ?? Long, TimeProvider.System, cancellationToken);
}
