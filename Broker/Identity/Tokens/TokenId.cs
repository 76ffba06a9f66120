using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>The claim <c>jti</c>.</summary>
internal static class TokenId
{
    private const int MaxLength = 512;

    /// <returns>Null when it is missing, or is none that a token can be told by.</returns>
    public static ReplayKey? Of(JsonElement payload, string authority) =>
        payload.TryGetProperty("jti", out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 and <= MaxLength } id
            ? ReplayKey.OfToken(authority, id)
            : null;
}
