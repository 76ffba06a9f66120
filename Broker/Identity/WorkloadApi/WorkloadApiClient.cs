using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Spiffe.Workload;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>Asks the agent behind a Unix socket.</summary>
internal sealed class WorkloadApiClient : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    // Without it the agent answers nothing: it shows that whoever asks means the Workload API, and was not led there by a redirection.
    private static readonly Metadata Header = new() { { "workload.spiffe.io", "true" } };

    private readonly GrpcChannel _channel;
    private readonly SpiffeWorkloadAPI.SpiffeWorkloadAPIClient _agent;

    public WorkloadApiClient(string socketPath)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectLimit,
            UseProxy = false,
            ConnectCallback = (_, cancellationToken) => ConnectAsync(socketPath, cancellationToken),
        };
        // The host is nobody's: the callback connects to the socket whatever it is.
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _agent = new SpiffeWorkloadAPI.SpiffeWorkloadAPIClient(_channel);
    }

    public AsyncServerStreamingCall<X509SVIDResponse> FetchSvids(CancellationToken cancellationToken) =>
        _agent.FetchX509SVID(new X509SVIDRequest(), Header, cancellationToken: cancellationToken);

    public AsyncServerStreamingCall<X509BundlesResponse> FetchCertificates(CancellationToken cancellationToken) =>
        _agent.FetchX509Bundles(new X509BundlesRequest(), Header, cancellationToken: cancellationToken);

    public AsyncServerStreamingCall<JWTBundlesResponse> FetchKeys(CancellationToken cancellationToken) =>
        _agent.FetchJWTBundles(new JWTBundlesRequest(), Header, cancellationToken: cancellationToken);

    public void Dispose() => _channel.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
