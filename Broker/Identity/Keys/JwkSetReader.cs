using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Keys;

/// <summary>
/// Reads a JWK Set (RFC 7517 §5) or a SPIFFE trust bundle. A set that is not one is a fault; a key in it that cannot be used
/// is passed over, as both standards ask.
/// </summary>
internal static class JwkSetReader
{
    private const int MaxKeys = 256;

    /// <exception cref="KeySourceException">It is no JWK Set.</exception>
    public static KeyRing Read(byte[] utf8, KeyUse use)
    {
        if (StrictJson.TryRead(utf8, out var document) is { } fault)
            throw new KeySourceException(fault == AuthenticationFault.MemberRepeated ? "it has a member twice" : "it is not a JSON object");
        using (document)
        {
            var root = document!.RootElement;
            if (!root.TryGetProperty("keys", out var entries) || entries.ValueKind != JsonValueKind.Array)
                throw new KeySourceException("it has no array \"keys\"");
            if (entries.GetArrayLength() > MaxKeys)
                throw new KeySourceException($"it has more than {MaxKeys} keys");

            var keys = new List<TrustedKey>();
            var authorities = new List<X509Certificate2>();
            foreach (var entry in entries.EnumerateArray())
            {
                if (JwkReader.TryRead(entry, use) is { } key)
                    keys.Add(key);
                else if (use == KeyUse.Svid && BundleCertificate.TryRead(entry) is { } authority)
                    authorities.Add(authority);
            }

            return use == KeyUse.Svid ? new KeyRing(keys, authorities, ReadSequence(root), ReadHint(root)) : new KeyRing(keys);
        }
    }

    // Advice only: without a usable one there is a time of our own.
    private static TimeSpan? ReadHint(JsonElement root) =>
        root.TryGetProperty("spiffe_refresh_hint", out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var seconds)
        && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static long? ReadSequence(JsonElement root)
    {
        if (!root.TryGetProperty("spiffe_sequence", out var value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var sequence) && sequence >= 0
            ? sequence
            : throw new KeySourceException("its spiffe_sequence is not a whole number");
    }
}
