using Grpc.Net.Client;
using SecretsBroker.Engine.V1;

namespace SecretsBroker.Engines.External;

/// <summary>The way to an engine's process. Connected at need: one that was started again is found with the next call.</summary>
internal sealed class EngineConnection : IDisposable
{
    /// <summary>Longer answers are not read.</summary>
    public const int MaxBytes = 256 * 1024;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly GrpcChannel _channel;

    public EngineConnection(string socket, int? owner)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectLimit,
            UseProxy = false,
            // What the broker traces is its own business.
            ActivityHeadersPropagator = null,
            ConnectCallback = (_, cancellationToken) => EngineSocket.ConnectAsync(socket, owner, cancellationToken),
        };
        // The host is nobody's: the callback connects to the socket whatever it is. Repeating is the business of those who call the engine.
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxBytes,
            MaxSendMessageSize = MaxBytes,
        });
        Client = new EngineService.EngineServiceClient(_channel);
    }

    public EngineService.EngineServiceClient Client { get; }

    public void Dispose() => _channel.Dispose();
}
