using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using SecretsBroker.Identity.Tokens;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Jwt;

/// <summary>An access token that a target's own key signed, read back. That it was issued does not say that it is still good.</summary>
/// <param name="Lease">The lease that it was issued under.</param>
/// <param name="ExpireTime">The end that is signed.</param>
/// <param name="Claims">All of them, as they were signed.</param>
internal sealed record IssuedToken(LeaseId Lease, DateTimeOffset ExpireTime, JsonElement Claims)
{
    /// <summary>Far more than any that is issued.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Null for whatever is not a token of this target: another's, a forged one, or none at all.</summary>
    public static IssuedToken? TryRead(string text, JwtSettings settings, IEnumerable<SigningKey> keys)
    {
        if (text.Length > MaxLength || CompactToken.TryRead(text, out var token) is not null)
        {
            return null;
        }

        using (token)
        {
            return IsSigned(token!, keys) ? ReadClaims(token!.Payload, settings) : null;
        }
    }

    private static bool IsSigned(CompactToken token, IEnumerable<SigningKey> keys)
    {
        if (TextOf(token.Header, "typ") != AccessToken.Type || TextOf(token.Header, "alg") != SignedToken.Algorithm)
        {
            return false;
        }

        var id = TextOf(token.Header, "kid");
        var end = token.Text.LastIndexOf('.');
        return keys.FirstOrDefault(key => key.Id == id) is { } signer
            && signer.Verify(Encoding.ASCII.GetBytes(token.Text[..end]), Base64Url.DecodeFromChars(token.Text.AsSpan(end + 1)));
    }

    private static IssuedToken? ReadClaims(JsonElement claims, JwtSettings settings) =>
        TextOf(claims, "iss") == settings.Issuer
        && TextOf(claims, "aud") == settings.Audience
        && LeaseId.TryParse(TextOf(claims, "jti") ?? "", out var lease)
        && claims.TryGetProperty("exp", out var end) && end.ValueKind == JsonValueKind.Number && end.TryGetInt64(out var seconds)
            ? new IssuedToken(lease, DateTimeOffset.FromUnixTimeSeconds(seconds), claims.Clone())
            : null;

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
