using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.Keys;

/// <summary>Which public keys of callers are good enough to be certified, or to bind a token to.</summary>
internal static class AcceptedKey
{
    public const string Rule = "must be EC on P-256 or P-384, or RSA of 2048 to 4096 bits with an exponent of at least 65537";

    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";

    /// <summary>The same key written anew, so that nothing of the caller's encoding is carried over.</summary>
    /// <param name="key">What the caller sent.</param>
    /// <param name="field">Named in the message.</param>
    /// <exception cref="CredentialInputException">It is not accepted.</exception>
    public static PublicKey Require(PublicKey key, string field)
    {
        try
        {
            using var ec = key.GetECDsaPublicKey();
            if (ec is not null)
            {
                return Require(ec, field);
            }

            using var rsa = key.GetRSAPublicKey();
            if (rsa is not null)
            {
                return Require(rsa, field);
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            // A point that is not on its curve, or an encoding that contradicts itself.
        }

        throw Refuse(field);
    }

    public static PublicKey Require(ECDsa key, string field)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return curve.IsNamed && curve.Oid.Value is P256 or P384 ? new PublicKey(key) : throw Refuse(field);
    }

    public static PublicKey Require(RSA key, string field)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        var exponent = parameters.Exponent!.AsSpan().TrimStart((byte)0);
        var isUsable = exponent.Length >= 3 && (exponent[^1] & 1) == 1 && parameters.Modulus is [.., var last] && (last & 1) == 1;
        return key.KeySize is >= 2048 and <= 4096 && isUsable
            ? new PublicKey(key)
            : throw Refuse(field);
    }

    private static CredentialInputException Refuse(string field) => new($"{field}: the key {Rule}");
}
