using SecretsBroker.Identity.Keys;
using SecretsBroker.Identity.Tokens;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Identity;

/// <summary>From the credentials of a call to the workload that its token stands for.</summary>
internal sealed class TokenAuthenticator(TrustedAuthorities trusted, PossessionCheck possession, BrokerMetrics metrics, TimeProvider time)
{
    /// <summary>How many validated tokens are remembered.</summary>
    public int RememberedTokens => trusted.Current.Remembered.Count;

    /// <param name="call">What it brings.</param>
    /// <param name="cancellationToken">The caller's; it ends waiting for keys, not their fetching.</param>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(CallerCredentials call, CancellationToken cancellationToken)
    {
        var authorities = trusted.Current;
        if (PresentedToken.TryRead(call.Authorization, out var presented) is { } fault)
            return AuthenticationResult.Failed(fault);
        if (TokenHash.Of(presented.Text) is not { } hash)
            return AuthenticationResult.Failed(AuthenticationFault.Malformed);

        var token = await RecallAsync(authorities, hash, cancellationToken);
        metrics.TokenCacheLookedUp(token is not null);
        if (token is null)
        {
            (token, var refused) = await ReadAsync(authorities, presented.Text, hash, cancellationToken);
            if (token is null)
                return refused;
        }

        return possession.Check(call, presented, token.Confirmation, out var proof) is { } unproven
            ? AuthenticationResult.Failed(unproven, token.Authority.Name)
            : AuthenticationResult.Of(token.Workload, token.Authority.Name, proof);
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

    private async Task<(RememberedToken? Token, AuthenticationResult Refused)> ReadAsync(
        AuthoritySet authorities, string text, TokenHash hash, CancellationToken cancellationToken)
    {
        if (CompactToken.TryRead(text, out var token) is { } malformed)
            return (null, AuthenticationResult.Failed(malformed));
        using (token)
        {
            return await ValidateAsync(authorities, token!, hash, cancellationToken);
        }
    }

    // Cheap checks first, keys last: a token that cannot be valid must cost neither a signature check nor a request to an issuer.
    private async Task<(RememberedToken? Token, AuthenticationResult Refused)> ValidateAsync(
        AuthoritySet authorities, CompactToken token, TokenHash hash, CancellationToken cancellationToken)
    {
        if (TokenHeader.TryRead(token.Header, out var header) is { } headerFault)
            return Refuse(headerFault);
        if (authorities.TryChoose(token.Payload, out var authority) is { } unknown)
            return Refuse(unknown);
        if (TokenValidity.CheckClaims(authority!, token, time.GetUtcNow(), out var expireTime) is { } claimFault)
            return Refuse(claimFault, authority!.Name);
        if (Confirmation.TryRead(token.Payload, out var confirmation) is { } confirmationFault)
            return Refuse(confirmationFault, authority!.Name);

        var (key, keyFault) = await TokenValidity.FindKeyAsync(authority!, token, header, cancellationToken);
        if (key is null)
            return Refuse(keyFault, authority!.Name);
        if (authority!.TryMap(token.Payload, expireTime, out var workload) is { } mapFault)
            return Refuse(mapFault, authority.Name);

        var endTime = expireTime + TokenTimes.Leeway;
        workload = workload! with
        {
            TokenSubject = token.Payload.TryGetProperty("sub", out var subject) ? VerifiedInitiator.TextOf(authority.Name, subject.GetString()!) : "",
            Possession = PossessionCheck.Of(confirmation),
            SingleUse = TokenId.Of(token.Payload, authority.Name) is { } id ? new SingleUse(id, endTime) : null,
        };
        var remembered = new RememberedToken(workload, authority, key.Thumbprint, confirmation, endTime);
        authorities.Remembered.Add(hash, remembered);
        return (remembered, default);

        static (RememberedToken?, AuthenticationResult) Refuse(AuthenticationFault fault, string authority = "") =>
            (null, AuthenticationResult.Failed(fault, authority));
    }
}
