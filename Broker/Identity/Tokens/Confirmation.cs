using System.Buffers;
using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>The claim <c>cnf</c> (RFC 7800): the key that whoever uses a token must hold.</summary>
/// <param name="KeyThumbprint"><c>jkt</c> (RFC 9449 §6.1): of the key that signs its proofs; null when it names none.</param>
/// <param name="CertificateThumbprint"><c>x5t#S256</c> (RFC 8705 §3.1): of the client certificate; null when it names none.</param>
internal sealed record Confirmation(string? KeyThumbprint, string? CertificateThumbprint)
{
    private const string Key = "jkt";
    private const string Certificate = "x5t#S256";

    // SHA-256 in base64url.
    private const int ThumbprintLength = 43;

    private static readonly SearchValues<char> ThumbprintCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <param name="payload">The token's.</param>
    /// <param name="confirmation">Null for a token that is bound to no key.</param>
    public static AuthenticationFault? TryRead(JsonElement payload, out Confirmation? confirmation)
    {
        confirmation = null;
        if (!payload.TryGetProperty("cnf", out var claim))
            return null;
        if (claim.ValueKind != JsonValueKind.Object)
            return AuthenticationFault.ConfirmationRefused;
        var read = new Confirmation(null, null);
        foreach (var member in claim.EnumerateObject())
        {
            // A way to bind that is not known here must not become a token that is bound to nothing.
            if (member.Name is not (Key or Certificate) || !TryReadThumbprint(member.Value, out var thumbprint))
                return AuthenticationFault.ConfirmationRefused;
            read = member.Name == Key ? read with { KeyThumbprint = thumbprint } : read with { CertificateThumbprint = thumbprint };
        }

        if (read is { KeyThumbprint: null, CertificateThumbprint: null })
            return AuthenticationFault.ConfirmationRefused;
        confirmation = read;
        return null;
    }

    private static bool TryReadThumbprint(JsonElement value, out string thumbprint)
    {
        thumbprint = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return thumbprint.Length == ThumbprintLength && !thumbprint.AsSpan().ContainsAnyExcept(ThumbprintCharacters);
    }
}
