using System.Security.Cryptography.X509Certificates;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Compat;

/// <summary>A server with the scripted echo service, and a client of it.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly GrpcTestServer _server;

    private EchoServer(GrpcTestServer server, ScriptedEcho script, GrpcChannel channel)
    {
        _server = server;
        Script = script;
        Channel = channel;
        Client = new EchoService.EchoServiceClient(channel);
    }

    public ScriptedEcho Script { get; }

    public GrpcChannel Channel { get; }

    public EchoService.EchoServiceClient Client { get; }

    public static async Task<EchoServer> StartAsync(
        Action<GrpcServiceOptions>? options = null,
        GrpcChannelOptions? channel = null,
        Action<IServiceCollection>? services = null,
        X509Certificate2? certificate = null)
    {
        var script = new ScriptedEcho();
        var server = await GrpcTestServer.StartAsync(
            app => app.MapGrpcService<ScriptedEcho>(),
            collection =>
            {
                collection.AddSingleton(script);
                services?.Invoke(collection);
            },
            options,
            certificate);
        return new EchoServer(server, script, server.Connect(channel));
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _server.DisposeAsync();
    }
}
