using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>One whose tokens workloads call with: an OIDC issuer or a SPIFFE trust domain.</summary>
internal abstract class WorkloadAuthority(IReadOnlySet<string> audiences, KeySource keys) : TokenAuthority(audiences, keys)
{
    public abstract AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload);
}
