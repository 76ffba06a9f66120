using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>What a token's header may say. It chooses among the keys that are trusted already and never brings one.</summary>
/// <param name="Algorithm">One of <see cref="SignatureAlgorithms"/>.</param>
/// <param name="KeyId">Null when the header has none.</param>
internal readonly record struct TokenHeader(string Algorithm, string? KeyId)
{
    private const int MaxKeyIdLength = 512;

    // Critical extensions are refused because none is understood here; keys, certificates and addresses of them because they
    // come from the sender; "b64" and "zip" because they change what is signed.
    private static readonly string[] Refused = ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc", "epk"];

    // A token made for another purpose by the same issuer (a logout token, a DPoP proof …) says so here (RFC 8725 §3.11).
    private static readonly HashSet<string> OidcTypes =
        new(StringComparer.OrdinalIgnoreCase) { "JWT", "at+jwt", "application/jwt", "application/at+jwt", "JOSE" };

    public static AuthenticationFault? TryRead(JsonElement header, out TokenHeader read)
    {
        read = default;
        if (!TryReadText(header, "alg", out var algorithm) || !SignatureAlgorithms.IsAllowed(algorithm))
            return AuthenticationFault.AlgorithmRefused;
        foreach (var name in Refused)
        {
            if (header.TryGetProperty(name, out _))
                return AuthenticationFault.HeaderRefused;
        }

        if (!TryReadText(header, "kid", out var keyId) || keyId is { Length: 0 or > MaxKeyIdLength })
            return AuthenticationFault.HeaderRefused;
        if (!TryReadText(header, "typ", out var type) || (type is not null && !OidcTypes.Contains(type)))
            return AuthenticationFault.TypeRefused;
        read = new TokenHeader(algorithm!, keyId);
        return null;
    }

    /// <summary>JWT-SVID §2: no other header than these, and a type, if any, of two.</summary>
    public static AuthenticationFault? CheckSvid(JsonElement header)
    {
        foreach (var member in header.EnumerateObject())
        {
            if (member.Name is not ("alg" or "kid" or "typ"))
                return AuthenticationFault.HeaderRefused;
        }

        return header.TryGetProperty("typ", out var type) && type.GetString() is not ("JWT" or "JOSE")
            ? AuthenticationFault.TypeRefused
            : null;
    }

    private static bool TryReadText(JsonElement header, string name, out string? text)
    {
        text = null;
        if (!header.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.String)
            return false;
        text = value.GetString();
        return true;
    }
}
