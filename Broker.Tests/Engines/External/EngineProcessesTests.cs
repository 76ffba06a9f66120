using SecretsBroker.Engines.External;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Engines that the broker starts. The engine is a shell that writes down its environment and waits for the end of its input.</summary>
internal sealed class EngineProcessesTests
{
    private const string Shell = "/bin/sh";

    private TemporaryFolder _folder = null!;
    private RecordingLogger<EngineProcesses> _log = null!;
    private MeasuredBroker _measured = null!;
    private EngineProcesses _processes = null!;

    private string Socket => Path.Combine(_folder.Path, "engine.sock");

    [SetUp]
    public void Create()
    {
        _folder = new TemporaryFolder();
        _log = new RecordingLogger<EngineProcesses>();
        _measured = new MeasuredBroker();
        _processes = new EngineProcesses(_measured.Metrics, TimeProvider.System, _log);
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        await _processes.DisposeAsync();
        _measured.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Nothing_is_started_by_a_command_that_only_reads_the_catalogue()
    {
        Want(Socket, Waiting("a"));
        await _processes.DisposeAsync();

        Assert.That(Starts("a"), Is.Empty);
    }

    [Test]
    public async Task Process_has_no_environment_but_its_own_and_what_it_writes_is_not_logged()
    {
        Environment.SetEnvironmentVariable("BROKER_TEST_OWN_SECRET", "hunter2");
        var file = Path.Combine(_folder.Path, "environment");
        await StartAsync(Command(
            $"echo canary; echo canary >&2; env > {file}.new; mv {file}.new {file}; cat > /dev/null", new() { ["NOTES"] = "a b" }));

        await Wait.UntilAsync(() => File.Exists(file));

        var names = (await File.ReadAllLinesAsync(file)).Select(line => line.Split('=')[0]);
        // PWD and the like are the shell's own.
        Assert.That(names.Except(["PWD", "_", "SHLVL", "OLDPWD"]), Is.EquivalentTo((string[])["PATH", "LANG", "NOTES"]));
        await _processes.DisposeAsync();
        Assert.That(_log.Text, Does.Contain("was started").And.Not.Contain("canary"));
    }

    [Test]
    public async Task Process_that_ends_is_started_again()
    {
        await StartAsync(Command($"echo $$ >> {FileOf("a")}; exit 7"));

        await Wait.UntilAsync(() => Starts("a").Length >= 2);

        Assert.That(_log.Text, Does.Contain("has ended (exit code 7)"));
        Assert.That(Counted().Distinct(), Is.EquivalentTo(((string?, string?)[])[("notes", "ended"), ("minutes", "ended")]));
    }

    [Test]
    public async Task Program_that_does_not_exist_is_tried_again_and_told()
    {
        await StartAsync(new EngineCommand([Path.Combine(_folder.Path, "nothing")], new Dictionary<string, string>()));

        await Wait.UntilAsync(() => _log.Text.Contains("it cannot be started", StringComparison.Ordinal));
        await Wait.UntilAsync(() => Counted().Contains(("minutes", "not_started")));
    }

    [Test]
    public async Task Changed_command_takes_the_place_of_what_ran_and_the_same_one_changes_nothing()
    {
        await StartAsync(Waiting("a"));
        await Wait.UntilAsync(() => Starts("a").Length == 1);

        Want(Socket, Waiting("a"));
        Want(Socket, Waiting("b"));
        await Wait.UntilAsync(() => Starts("b").Length == 1);

        Assert.That(Starts("a"), Has.Length.EqualTo(1));
        Assert.That(Runs(Starts("a")[0]), Is.False);
        Assert.That(Runs(Starts("b")[0]), Is.True);
    }

    [Test]
    public async Task Process_is_ended_by_the_end_of_its_input_or_else_the_hard_way()
    {
        await StartAsync(Waiting("a"));
        _processes.Follow(new Dictionary<string, WantedEngine>
        {
            [Socket] = new(Waiting("a"), []), [$"{Socket}2"] = new(Command($"echo $$ >> {FileOf("b")}; exec sleep 1000"), []),
        });
        await Wait.UntilAsync(() => Starts("a").Length == 1 && Starts("b").Length == 1);

        await _processes.DisposeAsync();

        Assert.That((Runs(Starts("a")[0]), Runs(Starts("b")[0])), Is.EqualTo((false, false)));
        Assert.That(File.Exists($"{FileOf("a")}.ended"), Is.True, "it was not let end by itself");
        Assert.That(Counted(), Is.Empty);
    }

    [Test]
    public async Task What_a_process_has_started_is_gone_when_it_dies_by_itself()
    {
        await StartAsync(Command($"{Descendant("child")}; echo $$ >> {FileOf("a")}; exit 7"));

        await Wait.UntilAsync(() => Starts("a").Length >= 2);

        await Wait.UntilAsync(() => !Runs(Starts("child")[0]));
    }

    [Test]
    public async Task What_a_process_has_started_is_gone_when_it_is_ended()
    {
        await StartAsync(Command($"{Descendant("child")}; echo $$ >> {FileOf("a")}; cat > /dev/null"));
        await Wait.UntilAsync(() => Starts("a").Length == 1);
        Assert.That(Runs(Starts("child")[0]), Is.True);

        await _processes.DisposeAsync();

        await Wait.UntilAsync(() => !Runs(Starts("child")[0]));
    }

    [Test]
    public async Task Process_that_no_target_wants_any_more_is_ended_and_started_again_when_one_does()
    {
        await StartAsync(Waiting("a"));
        await Wait.UntilAsync(() => Starts("a").Length == 1);

        _processes.Follow(new Dictionary<string, WantedEngine>());

        await Wait.UntilAsync(() => !Runs(Starts("a")[0]));
        Want(Socket, Waiting("a"));
        await Wait.UntilAsync(() => Starts("a").Length == 2);
        Assert.That(Runs(Starts("a")[1]), Is.True);
    }

    [Test]
    public async Task Program_that_cannot_be_run_does_not_end_the_trials()
    {
        var text = Path.Combine(_folder.Path, "text");
        await File.WriteAllTextAsync(text, "not a program");
        await StartAsync(new EngineCommand([text], new Dictionary<string, string>()));
        await Wait.UntilAsync(() => _log.Text.Contains("is started again within", StringComparison.Ordinal));

        Want(Socket, Waiting("a"));

        await Wait.UntilAsync(() => Starts("a").Length == 1);
    }

    private async Task StartAsync(EngineCommand command)
    {
        await _processes.StartAsync(CancellationToken.None);
        Want(Socket, command);
    }

    private void Want(string socket, EngineCommand command) =>
        _processes.Follow(new Dictionary<string, WantedEngine> { [socket] = new(command, ["notes", "minutes"]) });

    /// <summary>What was counted, as target and reason.</summary>
    private IEnumerable<(string?, string?)> Counted() => _measured.Measured
        .Where(one => one.Name == TelemetryNames.Metrics.EngineProcessFailures)
        .Select(one => (one.Tags[TelemetryNames.Attributes.Target], one.Tags[TelemetryNames.Attributes.Reason]));


    private EngineCommand Waiting(string name) =>
        Command($"echo $$ >> {FileOf(name)}; cat > /dev/null; touch {FileOf(name)}.ended");

    private static EngineCommand Command(string script, Dictionary<string, string>? environment = null) =>
        new([Shell, "-c", script], environment ?? []);

    private string FileOf(string name) => Path.Combine(_folder.Path, name);

    /// <summary>The ids of the processes, in order.</summary>
    private string[] Starts(string name) => File.Exists(FileOf(name)) ? File.ReadAllLines(FileOf(name)) : [];

    /// <summary>A process that is its starter's child no longer, and that the end of no input ends.</summary>
    private string Descendant(string name) => $"(sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! >> {FileOf(name)})";

    private static bool Runs(string process)
    {
        try
        {
            // One that was killed stays a zombie until whoever has it by then asks for how it ended.
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
