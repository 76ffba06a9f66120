using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

internal sealed class OidcAuthority(ClaimMapping mapping, IReadOnlySet<string> audiences, KeySource keys)
    : WorkloadAuthority(audiences, keys)
{
    public override AuthenticationFault? CheckForm(CompactToken token) => CheckSubject(token);

    public override AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload) =>
        mapping.TryMap(payload, expireTime, out workload);
}
