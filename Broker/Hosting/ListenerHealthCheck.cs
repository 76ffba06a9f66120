using Microsoft.Extensions.Diagnostics.HealthChecks;
using SecretsBroker.Configuration;
using SecretsBroker.Identity.WorkloadApi;

namespace SecretsBroker.Hosting;

/// <summary>Whether the listener has a certificate to show, where that comes from the SPIFFE agent and may have expired without another.</summary>
internal sealed class ListenerHealthCheck(IOptions<ListenOptions> listen, ServedSvid served) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(listen.Value is { WorkloadApi: true, Insecure: false } && served.Current is null
            ? HealthCheckResult.Unhealthy("the listener's certificate has expired, and the agent gives no other")
            : HealthCheckResult.Healthy());
}
