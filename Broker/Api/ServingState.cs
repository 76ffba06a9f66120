using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace SecretsBroker.Api;

/// <summary>
/// Whether the broker serves, for any number of askers: the health checks behind it reach into stores and targets, so
/// they run at most once in <see cref="Freshness"/>, however many ask.
/// </summary>
internal sealed class ServingState(HealthCheckService checks, IHostApplicationLifetime lifetime, TimeProvider time)
    : IDisposable
{
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1);
    private ServingStatus _status;
    private long? _since;

    public async Task<ServingStatus> LookAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return ServingStatus.NotServing;

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_since is not { } since || time.GetElapsedTime(since) >= Freshness)
            {
                var report = await checks.CheckHealthAsync(cancellationToken);
                // A degraded broker still serves: what is degraded is somewhere behind it.
                _status = report.Status == HealthStatus.Unhealthy ? ServingStatus.NotServing : ServingStatus.Serving;
                _since = time.GetTimestamp();
            }

            return _status;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
