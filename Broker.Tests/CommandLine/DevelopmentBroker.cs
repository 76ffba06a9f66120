using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.CommandLine;

/// <summary><c>broker dev</c> as a process, on free ports, with a folder of its own.</summary>
internal sealed class DevelopmentBroker : IDisposable
{
    private const int StartAttempts = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly ServerProcess _process;

    private DevelopmentBroker()
    {
        var ports = FreePort.Next(2);
        Address = $"127.0.0.1:{ports[0]}";
        Publications = $"http://127.0.0.1:{ports[1]}";
        _process = ServerProcess.Start(
            ProgramRun.Dotnet,
            [ProgramRun.BrokerAssembly, "dev", "--port", $"{ports[0]}", "--publish-port", $"{ports[1]}", "--data", Data],
            _folder.Path);
    }

    /// <summary>For gRPC, host and port.</summary>
    public string Address { get; }

    public string Publications { get; }

    public string Data => Path.Combine(_folder.Path, "dev");

    public string AuditFolder => Path.Combine(Data, "audit");

    /// <summary>The last lines that it wrote.</summary>
    public string Output => _process.Output;

    /// <summary>Returns once it has said that it listens and what to try.</summary>
    public static async Task<DevelopmentBroker> StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var broker = new DevelopmentBroker();
            try
            {
                await broker._process.WaitUntilAsync(
                    _ => Task.FromResult(broker.Output.Contains("agent.py", StringComparison.Ordinal)), TimeSpan.FromMinutes(3));
                return broker;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                // Somebody else may have taken a port between the question and the start.
                broker.Dispose();
            }
            catch
            {
                broker.Dispose();
                throw;
            }
        }
    }

    public async Task<string> MintAsync(string workload)
    {
        var run = await ProgramRun.OfBrokerAsync("token", "--workload", workload, "--data", Data);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return run.Output.Trim();
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        await _process.StopAsync(ServerProcess.SigTerm, TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Dispose();
        _folder.Dispose();
    }
}
