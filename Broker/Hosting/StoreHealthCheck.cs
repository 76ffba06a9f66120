using Microsoft.Extensions.Diagnostics.HealthChecks;
using SecretsBroker.Leases;

namespace SecretsBroker.Hosting;

/// <summary>Whether the store answers.</summary>
internal sealed class StoreHealthCheck(ILeaseStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.GetTimeAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (StoreException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}
