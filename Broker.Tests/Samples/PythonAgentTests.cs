using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Samples;

/// <summary>The Python agent, run with the system's Python against a development broker.</summary>
internal sealed class PythonAgentTests
{
    private const string Python = "/usr/bin/python3";
    private const string Workload = "spiffe://dev.local/agent/python";

    private readonly TemporaryFolder _cache = new();
    private DevelopmentBroker _broker = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        if (!File.Exists(Python) || (await ProgramRun.OfAsync(Python, ["-c", "import grpc, grpc_tools"])).ExitCode != 0)
            Assert.Ignore("python3-grpcio or python3-grpc-tools is not installed (Debian: apt-get install python3-grpcio python3-grpc-tools).");

        _broker = await DevelopmentBroker.StartAsync();
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _broker?.Dispose();
        _cache.Dispose();
    }

    [Test]
    public async Task It_gets_a_certificate_uses_it_loses_it_and_is_denied_what_it_may_not()
    {
        var run = await RunAsync(await _broker.MintAsync(Workload));

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors + _broker.Output);
        Assert.That(run.Output, Does.Contain("The target accepts it and serves 2 invoices.")
            .And.Contains("is refused: certificate revoked")
            .And.Match(@"'delete' on invoices-api/invoices is not allowed.* \(decision d-[0-9a-v]{20}\)")
            .And.Contains("Everything went as told."));
    }

    [Test]
    public async Task It_asks_a_command_for_its_token()
    {
        var run = await RunAsync(
            token: null,
            "--token-command",
            $"'{ProgramRun.Dotnet}' '{ProgramRun.BrokerAssembly}' token --workload {Workload} --data '{_broker.Data}'");

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors + _broker.Output);
    }

    [Test]
    public async Task A_step_that_does_not_behave_ends_it_with_a_message()
    {
        var run = await RunAsync("no.token.atall");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("FAILED: the broker answered UNAUTHENTICATED"));
    }

    private Task<ProgramRun> RunAsync(string? token, params string[] arguments) => ProgramRun.OfAsync(
        Python,
        [
            Path.Combine(Repository.Root, "samples", "python-agent", "agent.py"),
            "--broker", _broker.Address,
            "--publications", _broker.Publications,
            .. arguments,
        ],
        new Dictionary<string, string?> { ["BROKER_TOKEN"] = token, ["XDG_CACHE_HOME"] = _cache.Path, ["PYTHONDONTWRITEBYTECODE"] = "1" });
}
