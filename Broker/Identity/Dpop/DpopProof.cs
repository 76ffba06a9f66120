using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Dpop;

/// <summary>A proof (RFC 9449 §4.2), taken apart and not yet believed. As strict about its form as about a token's.</summary>
internal sealed class DpopProof : IDisposable
{
    private const int MaxLength = 8 * 1024;
    private const int MaxIdLength = 256;
    private const string Type = "dpop+jwt";

    // Those that a token may not have either, but for the key, which a proof brings itself.
    private static readonly string[] RefusedHeaders = ["crit", "jku", "x5u", "x5c", "b64", "zip", "enc", "epk"];

    private readonly string _text;

    private DpopProof(string text, ProofKey key, string id, string url, double issued)
    {
        _text = text;
        Key = key;
        Id = id;
        Url = url;
        Issued = issued;
    }

    public ProofKey Key { get; }

    /// <summary><c>jti</c></summary>
    public string Id { get; }

    /// <summary><c>htm</c></summary>
    public string Method { get; private init; } = "";

    /// <summary><c>htu</c></summary>
    public string Url { get; }

    /// <summary><c>iat</c>, in seconds since 1970.</summary>
    public double Issued { get; }

    /// <summary><c>ath</c>; empty when it names no token.</summary>
    public string TokenHash { get; private init; } = "";

    /// <summary>Null when it has none.</summary>
    public string? Nonce { get; private init; }

    public static AuthenticationFault? TryRead(string text, out DpopProof? proof)
    {
        proof = null;
        if (text.Length > MaxLength || CompactToken.TryRead(text, out var token) is not null)
            return AuthenticationFault.ProofMalformed;
        using (token)
        {
            var (header, payload) = (token!.Header, token.Payload);
            if (Text(header, "typ") != Type || RefusedHeaders.Any(name => header.TryGetProperty(name, out _)))
                return AuthenticationFault.ProofMalformed;
            if (Text(header, "alg") is not { } algorithm || !SignatureAlgorithms.IsAllowed(algorithm))
                return AuthenticationFault.ProofAlgorithmRefused;
            if (Text(payload, "jti") is not { Length: > 0 and <= MaxIdLength } id
                || Text(payload, "htm") is not { } method
                || Text(payload, "htu") is not { } url
                || !payload.TryGetProperty("iat", out var issued)
                || issued.ValueKind != JsonValueKind.Number
                || !issued.TryGetDouble(out var seconds))
            {
                return AuthenticationFault.ProofMalformed;
            }

            if (!header.TryGetProperty("jwk", out var jwk) || ProofKey.TryRead(jwk, algorithm) is not { } key)
                return AuthenticationFault.ProofKeyRefused;
            proof = new DpopProof(text, key, id, url, seconds)
            {
                Method = method,
                TokenHash = Text(payload, "ath") ?? "",
                Nonce = Text(payload, "nonce"),
            };
            return null;
        }
    }

    /// <summary>Whether the key in it signed it. Costs most of all that is looked at.</summary>
    public bool IsSigned()
    {
        var end = _text.LastIndexOf('.');
        return Key.Signed(Encoding.ASCII.GetBytes(_text, 0, end), Base64Url.DecodeFromChars(_text.AsSpan(end + 1)));
    }

    public void Dispose() => Key.Dispose();

    private static string? Text(JsonElement members, string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
