using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

internal static class TokenAudience
{
    /// <summary>A string or an array of strings (RFC 7519 §4.1.3), of which one is exactly one of ours.</summary>
    public static AuthenticationFault? Check(JsonElement payload, IReadOnlySet<string> ours)
    {
        if (!payload.TryGetProperty("aud", out var audience))
            return AuthenticationFault.AudienceMissing;
        if (audience.ValueKind == JsonValueKind.String)
            return ours.Contains(audience.GetString()!) ? null : AuthenticationFault.AudienceRefused;
        if (audience.ValueKind != JsonValueKind.Array)
            return AuthenticationFault.AudienceRefused;

        var found = false;
        foreach (var one in audience.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String)
                return AuthenticationFault.AudienceRefused;
            found |= ours.Contains(one.GetString()!);
        }

        return found ? null : AuthenticationFault.AudienceRefused;
    }
}
