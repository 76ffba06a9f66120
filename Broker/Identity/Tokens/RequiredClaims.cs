using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>Claims that must have exactly the configured values.</summary>
internal sealed class RequiredClaims(IEnumerable<RequiredClaimOptions> options)
{
    private readonly (ClaimPath Claim, string Value)[] _required =
        [.. options.Select(required => (new ClaimPath(required.Claim), required.Value))];

    public bool AreIn(JsonElement payload)
    {
        foreach (var (claim, value) in _required)
        {
            if (!claim.TryFindText(payload, out var text) || text != value)
                return false;
        }

        return true;
    }
}
