using System.Security.Cryptography;

namespace SecretsBroker.Sealing;

/// <summary>A caller's public key, P-256, for which a secret is sealed. Its point is on the curve.</summary>
/// <param name="Point">Public.</param>
/// <param name="KeyId">What the caller calls it; empty when it did not say.</param>
/// <param name="Thumbprint">SHA-256, base64url (RFC 7638).</param>
internal sealed record RecipientKey(ECPoint Point, string KeyId, string Thumbprint)
{
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static ECDiffieHellman Open(ECPoint point) =>
        ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
}
