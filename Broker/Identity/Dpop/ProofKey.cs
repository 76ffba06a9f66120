using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Dpop;

/// <summary>
/// The public key in a proof's header. Anybody's; it is worth something only by its thumbprint. Checked by the platform itself and not
/// by the library that checks tokens, which keeps keys that it has seen.
/// </summary>
internal sealed class ProofKey : IDisposable
{
    private const int MinRsaBits = 2048;

    // Whoever can reach the port chooses the key: a longer one would be ours to pay for.
    private const int MaxRsaBits = 4096;

    private static readonly string[] PrivateMembers = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

    private readonly AsymmetricAlgorithm _key;
    private readonly string _algorithm;

    private ProofKey(AsymmetricAlgorithm key, string thumbprint, string algorithm)
    {
        _key = key;
        Thumbprint = thumbprint;
        _algorithm = algorithm;
    }

    /// <summary>RFC 7638, of the key's value and not of how it was written.</summary>
    public string Thumbprint { get; }

    /// <returns>Null when it is no public key for that algorithm.</returns>
    public static ProofKey? TryRead(JsonElement jwk, string algorithm)
    {
        if (jwk.ValueKind != JsonValueKind.Object || PrivateMembers.Any(name => jwk.TryGetProperty(name, out _)))
            return null;
        try
        {
            return Text(jwk, "kty") switch
            {
                "EC" => ReadElliptic(jwk, algorithm),
                "RSA" => ReadRsa(jwk, algorithm),
                _ => null,
            };
        }
        // Not base64url, or a point that is not on its curve.
        catch (Exception fault) when (fault is FormatException or CryptographicException)
        {
            return null;
        }
    }

    public bool Signed(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        var hash = new HashAlgorithmName($"SHA{_algorithm[2..]}");
        return _key switch
        {
            ECDsa elliptic => elliptic.VerifyData(data, signature, hash),
            RSA rsa => rsa.VerifyData(data, signature, hash, _algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
            _ => false,
        };
    }

    public void Dispose() => _key.Dispose();

    private static ProofKey? ReadElliptic(JsonElement jwk, string algorithm)
    {
        var name = Text(jwk, "crv") ?? "";
        if (SignatureAlgorithms.ForCurve(name) != algorithm)
            return null;
        var curve = name switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
        var key = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") } });
        return new ProofKey(key, ThumbprintOf(new ECDsaSecurityKey(key)), algorithm);
    }

    private static ProofKey? ReadRsa(JsonElement jwk, string algorithm)
    {
        var parameters = new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") };
        // The platform's import takes it for granted that neither is empty.
        if (!SignatureAlgorithms.ForRsa.Contains(algorithm) || parameters.Modulus.Length == 0 || parameters.Exponent.Length == 0)
            return null;
        var key = RSA.Create(parameters);
        if (key.KeySize is >= MinRsaBits and <= MaxRsaBits)
            return new ProofKey(key, ThumbprintOf(new RsaSecurityKey(key)), algorithm);
        key.Dispose();
        return null;
    }

    private static string ThumbprintOf(SecurityKey key) => Base64Url.EncodeToString(key.ComputeJwkThumbprint());

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Bytes(JsonElement jwk, string name) =>
        Base64Url.DecodeFromChars(Text(jwk, name) ?? throw new FormatException());
}
