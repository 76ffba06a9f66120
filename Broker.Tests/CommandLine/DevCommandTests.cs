using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.CommandLine;

/// <summary>What a development broker is tried with: <c>dev</c>, <c>token</c>, <c>health</c>.</summary>
internal sealed class DevCommandTests
{
    private DevelopmentBroker _broker = null!;

    [OneTimeSetUp]
    public async Task Start() => _broker = await DevelopmentBroker.StartAsync();

    [OneTimeTearDown]
    public void Stop() => _broker?.Dispose();

    [Test]
    public void It_says_what_to_try_next() =>
        Assert.That(_broker.Output, Does.Contain($"token --workload spiffe://dev.local/agent/me --data {_broker.Data}")
            .And.Contains($"agent.py --broker {_broker.Address} --publications {_broker.Publications} --data {_broker.Data}"));

    [Test]
    public async Task Its_own_configuration_has_no_faults()
    {
        var run = await ProgramRun.OfBrokerAsync("check", "--config", Path.Combine(_broker.Data, "broker.yaml"));

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
    }

    [Test]
    public void Its_folder_is_for_its_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no such modes.");
            return;
        }

        Assert.That(
            File.GetUnixFileMode(_broker.Data),
            Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [Test]
    public async Task Health_says_that_it_serves()
    {
        var run = await ProgramRun.OfHealthAsync("--address", $"http://{_broker.Address}");

        Assert.That((run.ExitCode, run.Output.Trim().ToUpperInvariant()), Is.EqualTo((0, "SERVING")), run.Errors);
    }

    [Test]
    public async Task Health_fails_where_nobody_listens()
    {
        var run = await ProgramRun.OfHealthAsync("--address", $"http://127.0.0.1:{FreePort.Next()}");

        Assert.That(run.ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task Its_operator_tries_the_kill_switch()
    {
        var token = await _broker.MintAsync("spiffe://dev.local/operator/me");

        var run = await ProgramRun.OfAsync(
            ProgramRun.Dotnet,
            [
                ProgramRun.BrokerAssembly, "kill", "drill", "--action", "read", "--resource", "invoices-api/invoices", "--credential", "token",
                "--count", "5", "--address", $"http://{_broker.Address}",
            ],
            new Dictionary<string, string?> { ["BROKER_TOKEN"] = token });

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")), run.Output);
        Assert.That(run.Output, Does.Contain("The kill switch works").And.Not.Contain(token));
    }

    [TestCase("target", "list", "agents-ca")]
    [TestCase("audit", "query", "CatalogLoaded")]
    public async Task Its_operator_looks_at_targets_and_audit_log(string command, string verb, string seen)
    {
        var token = await _broker.MintAsync("spiffe://dev.local/operator/me");

        var run = await ProgramRun.OfAsync(
            ProgramRun.Dotnet,
            [ProgramRun.BrokerAssembly, command, verb, "--address", $"http://{_broker.Address}"],
            new Dictionary<string, string?> { ["BROKER_TOKEN"] = token });

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")), run.Output);
        Assert.That(run.Output, Does.Contain(seen));
    }

    [Test]
    public async Task A_minted_token_is_believed()
    {
        using var channel = GrpcChannel.ForAddress($"http://{_broker.Address}");
        var token = await _broker.MintAsync("spiffe://dev.local/agent/known");

        Assert.Multiple(() =>
        {
            Assert.That(Ask(token), Is.EqualTo(StatusCode.NotFound), "known, but without such a task");
            Assert.That(Ask(token[..^6] + "AAAAAA"), Is.EqualTo(StatusCode.Unauthenticated));
        });

        StatusCode Ask(string bearer) => Assert.Throws<RpcException>(() => new TaskService.TaskServiceClient(channel).GetTask(
            new GetTaskRequest { TaskId = "none" }, new Metadata { { "authorization", $"Bearer {bearer}" } }))!.StatusCode;
    }

    [TestCase("spiffe://example.org/agent", "60")]
    [TestCase("agent", "60")]
    [TestCase("spiffe://dev.local/agent", "0")]
    [TestCase("spiffe://dev.local/agent", "1441")]
    public async Task No_token_is_minted_for(string workload, string minutes)
    {
        var run = await ProgramRun.OfBrokerAsync(
            "token", "--workload", workload, "--minutes", minutes, "--data", _broker.Data);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Errors, Does.Contain("No token was made"));
    }

    [Test]
    public async Task No_token_is_minted_without_a_development_broker()
    {
        using var folder = new TemporaryFolder();
        var run = await ProgramRun.OfBrokerAsync("token", "--workload", "spiffe://dev.local/agent", "--data", folder.Path);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Errors, Does.Contain("start the development broker first"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }
}
