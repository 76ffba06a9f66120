using Microsoft.IdentityModel.Tokens;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity.Keys;

/// <summary>A public key that an authority signs with.</summary>
/// <param name="KeyId">Null when the set gives it none.</param>
/// <param name="Thumbprint">RFC 7638: the key itself, whatever it is called.</param>
/// <param name="Key">For the signature check.</param>
/// <param name="Algorithms">Those that its type, its curve and its own <c>alg</c> allow.</param>
internal sealed record TrustedKey(string? KeyId, string Thumbprint, SecurityKey Key, IReadOnlySet<string> Algorithms)
{
    public bool Fits(TokenHeader header) =>
        Algorithms.Contains(header.Algorithm) && (header.KeyId is null || header.KeyId == KeyId);
}
