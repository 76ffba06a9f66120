using System.Security.Cryptography;
using Grpc.Core;
using SecretsBroker.Configuration;
using SecretsBroker.Identity.Keys;
using SecretsBroker.Telemetry;
using Spiffe.Workload;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>
/// Keeps three streams to the agent open and passes on what it sends. A stream that breaks is opened again, with growing, jittered
/// pauses; what was sent before stays in force meanwhile, unless the agent goes on refusing. Does nothing where no socket is configured.
/// </summary>
internal sealed partial class WorkloadApiFeed(
    IOptions<IdentityOptions> identity,
    IOptions<ListenOptions> listen,
    ServedSvid served,
    WorkloadApiBundles bundles,
    BrokerMetrics metrics,
    TimeProvider time,
    ILogger<WorkloadApiFeed> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private WorkloadApiClient? _agent;
    private Task _streams = Task.CompletedTask;

    /// <exception cref="ConfigurationException">The listener's certificate did not come in time.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (identity.Value.WorkloadApi.FindSocketPath() is not { } path)
            return;
        _agent = new WorkloadApiClient(path);
        _streams = Task.WhenAll(
            FollowAsync("SVIDs", _agent.FetchSvids, TakeSvid, () => { }, served.Withdraw),
            FollowAsync("X.509 bundles", _agent.FetchCertificates, TakeCertificates, bundles.LoseCertificates, () => bundles.TakeCertificates([])),
            FollowAsync("JWT bundles", _agent.FetchKeys, TakeKeys, bundles.LoseKeys, () => bundles.TakeKeys([])));
        if (!listen.Value.WorkloadApi)
            return;
        try
        {
            await served.First.WaitAsync(identity.Value.WorkloadApi.StartTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new ConfigurationException(
                [$"Listen:WorkloadApi: the agent at {identity.Value.WorkloadApi.Socket} gave no certificate within {identity.Value.WorkloadApi.StartTimeout}; is this process registered there?"]);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Last: what is served until then needs its certificate and bundles.
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _streams.WaitAsync(cancellationToken);
    }

    // The host's start may have failed, upon which nobody stops it.
    public void Dispose()
    {
        _stopping.Cancel();
        _agent?.Dispose();
        _stopping.Dispose();
    }

    private async Task FollowAsync<T>(
        string what, Func<CancellationToken, AsyncServerStreamingCall<T>> fetch, Action<T> take, Action lose, Action withdraw)
    {
        // Read once: the source may be disposed of while a pause ends.
        var stopping = _stopping.Token;
        var refusals = new AgentRefusals(time);
        for (var failures = 1; !stopping.IsCancellationRequested; failures++)
        {
            try
            {
                using var call = fetch(stopping);
                await foreach (var message in call.ResponseStream.ReadAllAsync(stopping))
                {
                    failures = 0;
                    refusals.Hear();
                    take(message);
                }

                Lost(what, "the stream ended");
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied && !stopping.IsCancellationRequested)
            {
                Lost(what, nameof(StatusCode.PermissionDenied));
                if (refusals.Refuse())
                {
                    withdraw();
                    LogWithdrawn(what, AgentRefusals.Patience);
                }
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                Lost(what, e is RpcException rpc ? rpc.StatusCode.ToString() : e.GetType().Name);
            }
            catch (Exception)
            {
                return;
            }

            lose();
            await PauseAsync(failures, stopping);
        }
    }

    private void TakeSvid(X509SVIDResponse response)
    {
        try
        {
            LogSvid(served.Replace(response));
        }
        catch (KeySourceException fault)
        {
            metrics.ExternalCallFailed(ExternalSystem.WorkloadApi);
            LogSvidRefused(fault.Message);
        }
    }

    private void TakeCertificates(X509BundlesResponse response) => Tell("X.509", response.Bundles.Count, bundles.TakeCertificates(response.Bundles));

    private void TakeKeys(JWTBundlesResponse response) => Tell("JWT", response.Bundles.Count, bundles.TakeKeys(response.Bundles));

    private void Tell(string kind, int count, IReadOnlyDictionary<string, string> faults)
    {
        LogBundles(kind, count);
        foreach (var (trustDomain, fault) in faults)
        {
            metrics.ExternalCallFailed(ExternalSystem.WorkloadApi);
            LogBundleRefused(kind, trustDomain, fault);
        }
    }

    private void Lost(string what, string cause)
    {
        metrics.ExternalCallFailed(ExternalSystem.WorkloadApi);
        LogLost(what, cause);
    }

    private Task PauseAsync(int failures, CancellationToken stopping)
    {
        var full = FirstPause * Math.Pow(2, Math.Min(failures, 10));
        full = full < LongestPause ? full : LongestPause;
        // Half of it drawn, so that brokers which lost their agents together do not come back together.
        return Task.Delay(full * (0.5 + (RandomNumberGenerator.GetInt32(1000) / 2000.0)), time, stopping).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
