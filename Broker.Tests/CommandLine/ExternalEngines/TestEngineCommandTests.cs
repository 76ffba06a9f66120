using Google.Protobuf;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines.External;

namespace SecretsBroker.Tests.CommandLine.ExternalEngines;

internal sealed class TestEngineCommandTests
{
    private TemporaryFolder _folder = null!;
    private TestEngine _engine = null!;

    private string Socket => Path.Combine(_folder.Path, "engine.sock");

    private string Settings => Path.Combine(_folder.Path, "settings.yaml");

    [SetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryFolder();
        _engine = await TestEngine.StartAsync(Socket);
        var secret = Path.Combine(_folder.Path, "admin");
        await File.WriteAllTextAsync(secret, TestExternal.AdminSecret);
        await File.WriteAllTextAsync(Settings, $$"""
            target:
              engine_settings: { folder: /srv/notes }
              secrets: { admin: { file: {{secret}} } }
            input: { format: plain }
            """);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Engine_that_keeps_the_contract_is_told_so_by_its_own_word()
    {
        var run = await RunAsync();

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output, Does.StartWith("test 1: destroy, renewable, lists what it holds").And.Contains("21 kept, 0 broken").And.Not.Contains("BROKEN"));
        Assert.That(_engine.Issues.Select(issue => issue.Input["format"]), Is.Not.Empty.And.All.EqualTo("plain"));
    }

    [Test]
    public async Task Engine_that_says_gone_and_revokes_nothing_is_found_out_by_using_its_credentials()
    {
        // A target that lets everybody in, whatever was revoked.
        var run = await RunAsync("--try", "/bin/true");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("BROKEN  an issued credential works until it is revoked: the credential still works after it was revoked"));
    }

    [Test]
    public async Task Engine_whose_secrets_end_only_by_time_is_not_held_to_end_them()
    {
        (_engine.Description.Revocability, _engine.Description.Lists) = (Engine.V1.Revocability.ExpireOnly, false);
        _engine.Look = seen =>
        {
            // Whatever was revoked.
            seen.Gone = false;
            return seen;
        };

        var run = await RunAsync("--try", "/bin/true");

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output, Does.StartWith("test 1: expire-only")
            .And.Contains("kept    a lease that ends early is done with, and its proof says until when it is good").And.Contains("24 kept, 0 broken"));
    }

    [Test]
    public async Task Handle_of_the_longest_kind_is_no_fault_of_what_only_time_ends()
    {
        (_engine.Description.Revocability, _engine.Description.Lists, _engine.Description.Renewable) = (Engine.V1.Revocability.ExpireOnly, false, false);
        _engine.Answer = (made, _) =>
        {
            made.Handle = new string('h', 512);
            return Task.FromResult(made);
        };
        _engine.Look = seen =>
        {
            seen.Gone = false;
            return seen;
        };

        var run = await RunAsync("--try", "/bin/true");

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output, Does.Contain("24 kept, 0 broken"));
    }

    [Test]
    public async Task Engine_that_says_gone_of_what_only_time_ends_is_found_out_by_using_its_credentials()
    {
        (_engine.Description.Revocability, _engine.Description.Lists) = (Engine.V1.Revocability.ExpireOnly, false);

        // A target that lets everybody in, and an engine that takes what it was told to revoke for gone.
        var run = await RunAsync("--try", "/bin/true");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain(
            "BROKEN  a lease that ends early is done with, and its proof says until when it is good: it still works, and the proof does not begin with expire-only"));
    }

    [Test]
    public async Task Engine_that_answers_what_it_may_not_is_told_which_rule()
    {
        _engine.Answer = (made, _) =>
        {
            made.Fields["password"] = ByteString.Empty;
            return Task.FromResult(made);
        };

        var run = await RunAsync();

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("kept    revoking what never existed succeeds")
            .And.Contains("BROKEN  revoking twice succeeds: target engine-test: the engine's answer was refused: fields must have 1 to 65536 bytes"));
        Assert.That(run.Errors, Does.Contain("broken"));
    }

    [Test]
    public async Task What_the_engine_says_that_it_is_does_nothing_to_the_terminal()
    {
        _engine.Description.Name = "te\u001b[31mst\n";

        var run = await RunAsync();

        Assert.That(run.Output, Does.StartWith("te?[31mst? 1: ").And.Not.Contain("\u001b"));
    }

    [Test]
    public async Task Engine_that_is_not_there_and_settings_with_faults_are_told_apart()
    {
        await _engine.StopAsync();
        var absent = await RunAsync();
        await File.WriteAllTextAsync(Settings, "target: { socket: 3, colour: red }\ninput: { Upper: x }\n");
        var faulty = await RunAsync();

        Assert.That((absent.ExitCode, faulty.ExitCode), Is.EqualTo((2, 1)), absent.Errors + faulty.Errors);
        Assert.That(absent.Errors, Does.Contain("describing ended with Unavailable"));
        Assert.That(faulty.Errors, Does.Contain("input/Upper"));
    }

    private Task<ProgramRun> RunAsync(params string[] more) =>
        ProgramRun.OfBrokerAsync(["engine", "test", Socket, "--settings", Settings, .. more]);
}
