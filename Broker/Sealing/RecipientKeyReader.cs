using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SecretsBroker.Sealing;

/// <summary>
/// Reads a caller's public key, one JSON Web Key (RFC 7517). It comes from outside and decides who can read a secret: what is not
/// exactly a public P-256 key for key agreement is refused, with a rule that tells the caller what to send.
/// </summary>
internal static class RecipientKeyReader
{
    public const int MaxBytes = 2 * 1024;
    public const int MaxKeyIdLength = 128;

    private const string Rule = "must be one public JSON Web Key, kty EC, crv P-256, x and y of 32 bytes in base64url without padding";
    private const int CoordinateBytes = 32;
    private const int CoordinateLength = 43;

    // "ext" and an empty "key_ops" is what Web Crypto exports.
    private static readonly string[] Known = ["kty", "crv", "x", "y", "kid", "use", "alg", "key_ops", "ext"];
    private static readonly string[] Private = ["d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 2 };

    /// <param name="json">What the caller sent.</param>
    /// <param name="rule">What must hold and does not; empty when the key is good.</param>
    public static RecipientKey? TryRead(string json, out string rule)
    {
        rule = "";
        if (json.Length > MaxBytes || Encoding.UTF8.GetByteCount(json) > MaxBytes)
        {
            rule = $"must have at most {MaxBytes} bytes";
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return Read(document.RootElement, out rule);
        }
        // The second is how the reader says that something is of another kind, or that a string is not valid Unicode; the last is a point
        // that is not on the curve.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or CryptographicException)
        {
            rule = Rule;
            return null;
        }
    }

    private static RecipientKey? Read(JsonElement jwk, out string rule)
    {
        var names = jwk.EnumerateObject().Select(member => member.Name).ToList();
        if (names.Exists(Private.Contains))
        {
            rule = "must hold no private part; the key in it is no longer secret, make another";
            return null;
        }

        if (Text(jwk, "kty") != "EC" || Text(jwk, "crv") != "P-256")
        {
            rule = Rule;
            return null;
        }

        if (!names.TrueForAll(Known.Contains))
        {
            rule = $"must have no members but {string.Join(", ", Known)}";
            return null;
        }

        if (!IsForAgreement(jwk))
        {
            rule = $"must be for {Jwe.Algorithm}: use \"enc\", alg \"{Jwe.Algorithm}\" and key_ops deriveKey or deriveBits, where they are given";
            return null;
        }

        var keyId = Text(jwk, "kid") ?? "";
        if (keyId.Length > MaxKeyIdLength || keyId.Any(c => c is < ' ' or > '~'))
        {
            rule = $"kid must have at most {MaxKeyIdLength} printable ASCII characters";
            return null;
        }

        var point = new ECPoint { X = Coordinate(jwk, "x"), Y = Coordinate(jwk, "y") };
        RecipientKey.Open(point).Dispose();
        rule = "";
        return new RecipientKey(point, keyId, Thumbprint(jwk));
    }

    private static bool IsForAgreement(JsonElement jwk) =>
        Text(jwk, "use") is null or "enc"
        && Text(jwk, "alg") is null or Jwe.Algorithm
        && (!jwk.TryGetProperty("key_ops", out var operations)
            || operations.EnumerateArray().All(operation => operation.GetString() is "deriveKey" or "deriveBits"));

    private static byte[] Coordinate(JsonElement jwk, string name)
    {
        var text = Text(jwk, name) ?? throw new FormatException();
        var bytes = text.Length == CoordinateLength ? Base64Url.DecodeFromChars(text) : [];
        // Written anew it must be the same: otherwise one key would have several spellings.
        return bytes.Length == CoordinateBytes && Base64Url.EncodeToString(bytes) == text ? bytes : throw new FormatException();
    }

    // The coordinates have one spelling, so that these are the members and the order that RFC 7638 §3 hashes.
    private static string Thumbprint(JsonElement jwk) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(
        $$"""{"crv":"P-256","kty":"EC","x":"{{Text(jwk, "x")}}","y":"{{Text(jwk, "y")}}"}""")));

    /// <summary>Null when it is not there.</summary>
    private static string? Text(JsonElement jwk, string name) => jwk.TryGetProperty(name, out var member)
        ? member.GetString() ?? throw new FormatException()
        : null;
}
