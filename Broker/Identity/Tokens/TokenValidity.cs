using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>Whether a token is its authority's, for this broker and in force: the same of whoever it speaks.</summary>
internal static class TokenValidity
{
    /// <summary>Costs next to nothing: comes before the keys.</summary>
    public static AuthenticationFault? CheckClaims(
        TokenAuthority authority, CompactToken token, DateTimeOffset now, out DateTimeOffset expireTime)
    {
        expireTime = default;
        return authority.CheckForm(token)
            ?? TokenTimes.Check(token.Payload, now, out expireTime)
            ?? TokenAudience.Check(token.Payload, authority.Audiences);
    }

    /// <returns>The key that signed it; null with the fault.</returns>
    public static async Task<(TrustedKey? Key, AuthenticationFault Fault)> FindKeyAsync(
        TokenAuthority authority, CompactToken token, TokenHeader header, CancellationToken cancellationToken)
    {
        var ring = await authority.Keys.FreshAsync(cancellationToken);
        var candidates = ring.For(header).ToList();
        if (candidates.Count == 0)
        {
            ring = await authority.Keys.SearchAsync(cancellationToken);
            candidates = ring.For(header).ToList();
        }

        if (candidates.Count == 0)
            return (null, ring == KeyRing.Unavailable ? AuthenticationFault.KeysUnavailable : AuthenticationFault.KeyUnknown);
        // OpenID Connect Core §10.1: a key id is needed where there are several keys. Trying them all would be ours to pay.
        if (header.KeyId is null && candidates.Count > 1)
            return (null, AuthenticationFault.KeyNotNamed);
        foreach (var key in candidates)
        {
            if (await SignatureCheck.PassesAsync(token, header, key))
                return (key, default);
        }

        return (null, AuthenticationFault.SignatureInvalid);
    }
}
