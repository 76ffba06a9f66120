using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>The channel to a broker, and the one way in which calls are made over it: authenticated, limited, repeated where safe.</summary>
internal sealed class BrokerConnection : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    private readonly GrpcChannel _channel;
    private readonly TokenSource? _token;

    /// <exception cref="ArgumentException">The options cannot be used.</exception>
    public BrokerConnection(SecretsBrokerOptions options, TimeProvider time)
    {
        options.Validate();
        Options = options;
        Time = time;
        _token = options.Token;
        _channel = GrpcChannel.ForAddress(options.Address, new GrpcChannelOptions
        {
            HttpHandler = options.DpopKey is { } key ? new DpopHandler(key, time, CreateHandler(options, time)) : CreateHandler(options, time),
            DisposeHttpClient = true,
        });
        Tasks = new TaskService.TaskServiceClient(_channel);
        Leases = new LeaseService.LeaseServiceClient(_channel);
        Approvals = new ApprovalService.ApprovalServiceClient(_channel);
        Delegations = new DelegationService.DelegationServiceClient(_channel);
    }

    public SecretsBrokerOptions Options { get; }

    public TimeProvider Time { get; }

    public TaskService.TaskServiceClient Tasks { get; }

    public LeaseService.LeaseServiceClient Leases { get; }

    public ApprovalService.ApprovalServiceClient Approvals { get; }

    public DelegationService.DelegationServiceClient Delegations { get; }

    /// <summary>Makes a call that is safe to repeat, as often as it takes within the time of one call.</summary>
    /// <exception cref="SecretsBrokerException">The broker's answer, or that it could not be reached.</exception>
    public async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        var deadline = Time.GetUtcNow().UtcDateTime + Options.CallTimeout;
        using var limit = new CancellationTokenSource(Options.CallTimeout, Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await RepeatAsync(call, deadline, linked.Token);
        }
        catch (Exception e) when (Statuses.IsCancellation(e) && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("the call was cancelled", e, cancellationToken);
        }
        catch (Exception e) when (Statuses.IsCancellation(e) && limit.IsCancellationRequested)
        {
            throw Statuses.TimedOut(Options.CallTimeout, e);
        }
        catch (RpcException e)
        {
            throw Statuses.ToException(e);
        }
        catch (ObjectDisposedException e)
        {
            throw Statuses.Disposed(e);
        }
    }

    /// <summary>Options with a fresh token, where there is a source of them; no deadline when null.</summary>
    /// <exception cref="SecretsBrokerException">There is no token.</exception>
    public async Task<CallOptions> OptionsAsync(DateTime? deadline, CancellationToken cancellationToken)
    {
        if (_token is null)
        {
            return new CallOptions(headers: null, deadline, cancellationToken);
        }

        string token;
        try
        {
            // A source that does not look at its token must not hold up the call.
            token = await _token.GetTokenAsync(cancellationToken).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or SecretsBrokerException))
        {
            throw new SecretsBrokerException("the token source failed", TokenSource.NoToken, innerException: e);
        }

        if (token.Length == 0 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new SecretsBrokerException("the token source gave what cannot be a token", TokenSource.NoToken);
        }

        var scheme = Options.DpopKey is null ? "Bearer" : DpopHandler.Scheme;
        return new CallOptions(new Metadata { { "authorization", $"{scheme} {token}" } }, deadline, cancellationToken);
    }

    /// <summary>Exponential, half of it drawn.</summary>
    public static TimeSpan DelayAfter(int failures)
    {
        var full = FirstDelay * Math.Pow(2, Math.Min(failures - 1, 10));
        full = full < MaxDelay ? full : MaxDelay;
        return full * (0.5 + (RandomNumberGenerator.GetInt32(1000) / 2000.0));
    }

    public void Dispose() => _channel.Dispose();

    private async Task<T> RepeatAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, DateTime deadline, CancellationToken cancellationToken)
    {
        var hasNonce = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call(await OptionsAsync(deadline, cancellationToken));
            }
            catch (RpcException e) when (Statuses.IsMissingNonce(e) && !hasNonce)
            {
                // It came with the refusal; nothing was done yet, so this was no attempt.
                hasNonce = true;
                attempt--;
            }
            catch (RpcException e) when (Statuses.IsSafeToRepeat(e) && attempt < Options.MaxAttempts)
            {
                var delay = DelayAfter(attempt);
                if (Time.GetUtcNow().UtcDateTime + delay >= deadline)
                {
                    throw;
                }

                await Task.Delay(delay, Time, cancellationToken);
            }
        }
    }

    private static HttpMessageHandler CreateHandler(SecretsBrokerOptions options, TimeProvider time) =>
        options.CertificateFile is { } file
            ? new CertificateHandler(file, options.KeyFile!, certificate => Connect(options, certificate), time)
            : Connect(options, certificate: null);

    private static SocketsHttpHandler Connect(SecretsBrokerOptions options, SslStreamCertificateContext? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            // A broker that died without a word is noticed, and the lifeline taken up elsewhere, within the grace period.
            KeepAlivePingDelay = TimeSpan.FromSeconds(5),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            EnableMultipleHttp2Connections = true,
            SslOptions = new SslClientAuthenticationOptions { ClientCertificateContext = certificate },
        };
        if (options.CertificateAuthorityFile is { } file)
        {
            var anchors = new X509Certificate2Collection();
            anchors.ImportFromPemFile(file);
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(anchors);
        }

        return handler;
    }
}
