using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Keys;

/// <summary>One JWK (RFC 7517 §4, RFC 7518 §6) as a key to check signatures with; null for any that is not that.</summary>
internal static class JwkReader
{
    private const int MinRsaBits = 2048;

    // Checking a signature costs more with every bit; an issuer must not be able to spend our processor with one key.
    private const int MaxRsaBits = 8192;

    private static readonly Dictionary<string, ECCurve> Curves = new(StringComparer.Ordinal)
    {
        ["P-256"] = ECCurve.NamedCurves.nistP256,
        ["P-384"] = ECCurve.NamedCurves.nistP384,
        ["P-521"] = ECCurve.NamedCurves.nistP521,
    };

    public static TrustedKey? TryRead(JsonElement jwk, KeyUse use)
    {
        if (jwk.ValueKind != JsonValueKind.Object || !IsFor(jwk, use) || Exposes(jwk))
            return null;
        try
        {
            return Text(jwk, "kty") switch
            {
                "RSA" => ReadRsa(jwk),
                "EC" => ReadElliptic(jwk),
                _ => null,
            };
        }
        // Not base64url, or a point that is not on its curve.
        catch (Exception fault) when (fault is FormatException or CryptographicException)
        {
            return null;
        }
    }

    private static bool IsFor(JsonElement jwk, KeyUse use)
    {
        if (use != KeyUse.Signature)
        {
            return (Text(jwk, "use") == "jwt-svid" || (use == KeyUse.WorkloadApi && !jwk.TryGetProperty("use", out _)))
                && !string.IsNullOrEmpty(Text(jwk, "kid"));
        }

        return (!jwk.TryGetProperty("use", out _) || Text(jwk, "use") == "sig")
            && (!jwk.TryGetProperty("key_ops", out var operations)
                || (operations.ValueKind == JsonValueKind.Array
                    && operations.EnumerateArray().Any(IsVerify)));
    }

    private static bool IsVerify(JsonElement operation) => operation.ValueKind == JsonValueKind.String && operation.ValueEquals("verify");

    // A private key that is published signs for anybody.
    private static bool Exposes(JsonElement jwk) => jwk.TryGetProperty("d", out _) || jwk.TryGetProperty("k", out _);

    private static TrustedKey? ReadRsa(JsonElement jwk)
    {
        var parameters = new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") };
        using var rsa = RSA.Create(parameters);
        return rsa.KeySize is < MinRsaBits or > MaxRsaBits
            ? null
            : Trust(jwk, new RsaSecurityKey(parameters), SignatureAlgorithms.ForRsa);
    }

    private static TrustedKey? ReadElliptic(JsonElement jwk)
    {
        var name = Text(jwk, "crv");
        if (name is null || !Curves.TryGetValue(name, out var curve))
            return null;
        var key = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") } });
        return Trust(jwk, new ECDsaSecurityKey(key), new HashSet<string>(StringComparer.Ordinal) { SignatureAlgorithms.ForCurve(name)! });
    }

    private static TrustedKey? Trust(JsonElement jwk, SecurityKey key, IReadOnlySet<string> algorithms)
    {
        if (jwk.TryGetProperty("alg", out _))
        {
            if (Text(jwk, "alg") is not { } only || !algorithms.Contains(only))
                return null;
            algorithms = new HashSet<string>(StringComparer.Ordinal) { only };
        }

        var thumbprint = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        return new TrustedKey(Text(jwk, "kid"), thumbprint, key, algorithms);
    }

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // None is empty: the platform's import takes that for granted.
    private static byte[] Bytes(JsonElement jwk, string name) =>
        Text(jwk, name) is { Length: > 0 } text ? Base64Url.DecodeFromChars(text) : throw new FormatException();
}
