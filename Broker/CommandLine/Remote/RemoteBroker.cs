using System.Net.Security;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.Api;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>
/// A connection to a running broker, for the length of one command. Each call has a time limit and is made once: whoever sits at the
/// command line sees that it failed and can repeat it.
/// </summary>
internal sealed class RemoteBroker : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly Uri _address;
    private readonly string? _token;
    private readonly GrpcChannel _channel;

    /// <param name="address">One that is <see cref="IsUsable"/>.</param>
    /// <param name="token">Who asks; null when only the certificate says so.</param>
    /// <param name="authority">The certificate authority to trust, PEM; null for the system's.</param>
    /// <param name="certificate">Who asks, or what the token is bound to; null for none.</param>
    /// <exception cref="RemoteException">The authority's file cannot be used.</exception>
    public RemoteBroker(Uri address, string? token, FileInfo? authority, SslStreamCertificateContext? certificate = null)
    {
        if (!IsUsable(address))
        {
            throw new RemoteException("plain http is for loopback only: the token would be readable on the way");
        }

        _address = address;
        _token = token;
        var tls = authority is null ? new SslClientAuthenticationOptions() : ServerTrust.In(authority);
        tls.ClientCertificateContext = certificate;
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectLimit, SslOptions = tls };

        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    /// <summary>The limit of one call. Default 30 s.</summary>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(30);

    public static bool IsUsable(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback);

    /// <param name="call">Makes it, with the stub of the service over the channel.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RemoteException">The broker did not answer, or refused.</exception>
    public Task<T> CallAsync<T>(Func<ChannelBase, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken) =>
        CallAsync(call, CallLimit, cancellationToken);

    /// <inheritdoc cref="CallAsync{T}(Func{ChannelBase, CallOptions, AsyncUnaryCall{T}}, CancellationToken)"/>
    /// <param name="call">Makes it, with the stub of the service over the channel.</param>
    /// <param name="limit">Of a call that takes longer than others.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<T> CallAsync<T>(
        Func<ChannelBase, CallOptions, AsyncUnaryCall<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await call(_channel, Options(limit, cancellationToken));
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RemoteException(Explain(e, limit), e) { Reason = ReasonOf(e) };
        }
    }

    /// <summary>Reads what a call streams, to its end.</summary>
    /// <param name="call">Makes it.</param>
    /// <param name="read">Is given each message as it comes.</param>
    /// <param name="limit">The limit of the whole call.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RemoteException">The broker did not answer, refused, or broke off.</exception>
    public async Task ReadAsync<T>(
        Func<ChannelBase, CallOptions, AsyncServerStreamingCall<T>> call, Action<T> read, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = call(_channel, Options(limit, cancellationToken));
            await foreach (var message in stream.ResponseStream.ReadAllAsync(cancellationToken))
            {
                read(message);
            }
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RemoteException(Explain(e, limit), e) { Reason = ReasonOf(e) };
        }
    }

    public void Dispose() => _channel.Dispose();

    private CallOptions Options(TimeSpan limit, CancellationToken cancellationToken) => new(
        _token is null ? [] : new Metadata { { "authorization", $"Bearer {_token}" } },
        TimeProvider.System.GetUtcNow().UtcDateTime + limit,
        cancellationToken);

    private string Explain(RpcException e, TimeSpan limit) => e.StatusCode switch
    {
        StatusCode.Unauthenticated when _token is null =>
            "it does not accept the certificate, which may have ended, or come from an authority that is not in the bundle of its trust domain",
        StatusCode.Unauthenticated =>
            "it does not accept the token, which may have ended, be meant for another audience, or come from an issuer that it does not know",
        StatusCode.DeadlineExceeded => $"it did not answer within {limit.TotalSeconds:0} s",
        StatusCode.Unimplemented => "it does not know this call: it is of an older version, or no Secrets Broker",
        _ when ReasonOf(e).Length > 0 => e.Status.Detail,
        StatusCode.Unavailable when _address.Scheme == Uri.UriSchemeHttps =>
            "it cannot be reached: does it run there, and is its certificate one that is trusted (--ca-file)?",
        StatusCode.Unavailable => "it cannot be reached: does it run there, without TLS?",
        StatusCode.Internal when _address.Scheme == Uri.UriSchemeHttps =>
            "it cannot be asked by TLS: is its certificate one that is trusted (--ca-file)?"
            + (_address.IsLoopback ? $" Where it has no TLS, as with broker dev: --address http://{_address.Authority}" : ""),
        _ => $"the call failed with {e.StatusCode}",
    };

    // What stands between may answer too; its words are not the broker's.
    private static string ReasonOf(RpcException e)
    {
        try
        {
            return e.Trailers.Get(Errors.DetailTrailer) is { IsBinary: true } entry
                ? ErrorDetail.Parser.ParseFrom(entry.ValueBytes).Reason
                : "";
        }
        catch (InvalidProtocolBufferException)
        {
            return "";
        }
    }
}
