using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

internal sealed class OidcAuthority(ClaimMapping mapping, IReadOnlySet<string> audiences, KeySource keys)
    : TokenAuthority(audiences, keys)
{
    public override AuthenticationFault? CheckForm(CompactToken token) =>
        token.Payload.TryGetProperty("sub", out var subject)
        && subject.ValueKind == JsonValueKind.String
        && !subject.ValueEquals("")
            ? null
            : AuthenticationFault.SubjectMissing;

    public override AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload) =>
        mapping.TryMap(payload, expireTime, out workload);
}
