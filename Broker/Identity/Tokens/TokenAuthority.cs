using System.Text.Json;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>An OIDC issuer or a SPIFFE trust domain: its keys and the rules of its tokens.</summary>
internal abstract class TokenAuthority(IReadOnlySet<string> audiences, KeySource keys)
{
    public string Name => keys.Name;

    public KeySource Keys => keys;

    public IReadOnlySet<string> Audiences => audiences;

    /// <summary>What its tokens need beyond what all tokens need; asked before anything costly is done.</summary>
    public abstract AuthenticationFault? CheckForm(CompactToken token);

    public abstract AuthenticationFault? TryMap(JsonElement payload, DateTimeOffset expireTime, out Workload? workload);
}
