using System.Collections.ObjectModel;
using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>A SPIFFE trust domain, whose JWT-SVIDs name the workload themselves.</summary>
internal sealed class SvidAuthority(string trustDomain, IReadOnlySet<string> audiences, KeySource keys)
    : WorkloadAuthority(audiences, keys)
{
    public override AuthenticationFault? CheckForm(CompactToken token) => TokenHeader.CheckSvid(token.Header);

    public override AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload)
    {
        workload = null;
        // A trust domain answers for its own workloads only. The choice of keys rests on the same claim; this is what makes it so.
        if (!WorkloadId.TryParse(payload.GetProperty("sub").GetString(), out var id) || id.TrustDomain != trustDomain)
            return AuthenticationFault.SubjectNotSpiffeId;
        workload = new Workload(
            id, AuthenticationMethod.JwtSvid, [], ReadOnlyDictionary<string, string>.Empty, expireTime);
        return null;
    }
}
