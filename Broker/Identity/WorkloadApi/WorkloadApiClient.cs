using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.Configuration;
using Spiffe.Workload;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>Asks the agent behind a Unix socket.</summary>
internal sealed class WorkloadApiClient : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    // An agent that hangs breaks no stream: without being asked whether it is still there, its bundles would be believed for ever.
    // gRPC servers in Go end connections that ask oftener than every 5 min.
    private static readonly TimeSpan PingDelay = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(20);

    // Without it the agent answers nothing: it shows that whoever asks means the Workload API, and was not led there by a redirection.
    private static readonly Metadata Header = new() { { "workload.spiffe.io", "true" } };

    private readonly GrpcChannel _channel;
    private readonly SpiffeWorkloadAPI.SpiffeWorkloadAPIClient _agent;

    public WorkloadApiClient(string socketPath)
        : this(socketPath, PingDelay, PingLimit)
    {
    }

    /// <param name="socketPath">The agent's.</param>
    /// <param name="pingDelay">After so long a silence the agent is asked whether it is there; at least 1 s.</param>
    /// <param name="pingLimit">When it has not answered by then, the streams break; at least 1 s.</param>
    internal WorkloadApiClient(string socketPath, TimeSpan pingDelay, TimeSpan pingLimit)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectLimit,
            KeepAlivePingDelay = pingDelay,
            KeepAlivePingTimeout = pingLimit,
            UseProxy = false,
            ConnectCallback = (_, cancellationToken) => UnixSocket.ConnectAsync(socketPath, cancellationToken),
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
}
