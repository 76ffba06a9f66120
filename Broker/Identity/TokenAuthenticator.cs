using SecretsBroker.Identity.Keys;
using SecretsBroker.Identity.Tokens;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity;

/// <summary>From the <c>authorization</c> metadata value to the workload that it stands for.</summary>
internal sealed class TokenAuthenticator(TrustedAuthorities trusted, BrokerMetrics metrics, TimeProvider time)
{
    /// <summary>How many validated tokens are remembered.</summary>
    public int RememberedTokens => trusted.Current.Remembered.Count;

    /// <param name="authorization">The one value of the metadata entry; null when there is none.</param>
    /// <param name="cancellationToken">The caller's; it ends waiting for keys, not their fetching.</param>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(string? authorization, CancellationToken cancellationToken)
    {
        var authorities = trusted.Current;
        if (BearerCredential.TryRead(authorization, out var text) is { } fault)
            return AuthenticationResult.Failed(fault);
        if (TokenHash.Of(text) is not { } hash)
            return AuthenticationResult.Failed(AuthenticationFault.Malformed);

        var remembered = await RecallAsync(authorities, hash, cancellationToken);
        metrics.TokenCacheLookedUp(remembered is not null);
        if (remembered is not null)
            return AuthenticationResult.Of(remembered.Workload, remembered.Authority.Name);

        if (CompactToken.TryRead(text, out var token) is { } malformed)
            return AuthenticationResult.Failed(malformed);
        using (token)
        {
            return await ValidateAsync(authorities, token!, hash, cancellationToken);
        }
    }

    private async ValueTask<RememberedToken?> RecallAsync(AuthoritySet authorities, TokenHash hash, CancellationToken cancellationToken)
    {
        if (authorities.Remembered.Find(hash, time.GetUtcNow()) is not { } remembered)
            return null;
        var keys = await remembered.Authority.Keys.FreshAsync(cancellationToken);
        if (keys.Contains(remembered.KeyThumbprint))
            return remembered;
        authorities.Remembered.Remove(hash);
        return null;
    }

    // Cheap checks first, keys last: a token that cannot be valid must cost neither a signature check nor a request to an issuer.
    private async Task<AuthenticationResult> ValidateAsync(
        AuthoritySet authorities, CompactToken token, TokenHash hash, CancellationToken cancellationToken)
    {
        if (TokenHeader.TryRead(token.Header, out var header) is { } headerFault)
            return AuthenticationResult.Failed(headerFault);
        if (authorities.TryChoose(token.Payload, out var authority) is { } unknown)
            return AuthenticationResult.Failed(unknown);
        if (CheckClaims(authority!, token, out var expireTime) is { } claimFault)
            return AuthenticationResult.Failed(claimFault, authority!.Name);

        var (key, keyFault) = await FindKeyAsync(authority!, token, header, cancellationToken);
        if (key is null)
            return AuthenticationResult.Failed(keyFault, authority!.Name);
        if (authority!.TryMap(token.Payload, expireTime, out var workload) is { } mapFault)
            return AuthenticationResult.Failed(mapFault, authority.Name);

        authorities.Remembered.Add(
            hash, new RememberedToken(workload!, authority, key.Thumbprint, expireTime + TokenTimes.Leeway));
        return AuthenticationResult.Of(workload!, authority.Name);
    }

    private AuthenticationFault? CheckClaims(TokenAuthority authority, CompactToken token, out DateTimeOffset expireTime)
    {
        expireTime = default;
        return authority.CheckForm(token)
            ?? TokenTimes.Check(token.Payload, time.GetUtcNow(), out expireTime)
            ?? TokenAudience.Check(token.Payload, authority.Audiences);
    }

    private static async Task<(TrustedKey? Key, AuthenticationFault Fault)> FindKeyAsync(
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
