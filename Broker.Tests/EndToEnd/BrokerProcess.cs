using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using SecretsBroker.CommandLine;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary><c>broker serve</c> as a process of its own.</summary>
internal sealed class BrokerProcess : IDisposable
{
    private readonly ServerProcess _process;

    private BrokerProcess(ServerProcess process) => _process = process;

    public bool HasExited => _process.HasExited;

    /// <summary>Returns when it serves.</summary>
    public static async Task<BrokerProcess> StartAsync(string configurationFile, int port)
    {
        var executable = typeof(BrokerCommand).Assembly.Location;
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var broker = new BrokerProcess(ServerProcess.Start(
            host, [executable, "serve", "--config", configurationFile], Path.GetDirectoryName(configurationFile)!));
        try
        {
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
            var health = new Health.HealthClient(channel);
            await broker._process.WaitUntilAsync(token => ServesAsync(health, token), TimeSpan.FromMinutes(3));
            return broker;
        }
        catch
        {
            broker.Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL: it runs no instruction more.</summary>
    public void Kill() => _process.Kill();

    public Task StopAsync() => _process.StopAsync(ServerProcess.SigTerm, TimeSpan.FromSeconds(30));

    public void Dispose() => _process.Dispose();

    private static async Task<bool> ServesAsync(Health.HealthClient health, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await health.CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
