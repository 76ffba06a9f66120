using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Identity;

/// <summary>What must not be used twice, as a hash: of one length, whatever a caller wrote, and of no use to who reads the store.</summary>
/// <param name="Value">43 characters of base64url.</param>
internal readonly record struct ReplayKey(string Value)
{
    /// <param name="authority">Whose token it is: two issuers may give the same id.</param>
    /// <param name="tokenId">Its <c>jti</c>.</param>
    public static ReplayKey OfToken(string authority, string tokenId) => Of("token", authority, tokenId);

    /// <param name="keyThumbprint">Of the key that signed it.</param>
    /// <param name="proofId">Its <c>jti</c>.</param>
    public static ReplayKey OfProof(string keyThumbprint, string proofId) => Of("proof", keyThumbprint, proofId);

    // Neither a kind nor an issuer's name nor a thumbprint holds a line break: no two pairs read alike.
    private static ReplayKey Of(string kind, string scope, string id) =>
        new(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{scope}\n{id}"))));
}
