using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity;

/// <summary>From a token of the person or system that a task is done for to who that is. The token is looked at and forgotten.</summary>
internal sealed class InitiatorVerifier(TrustedAuthorities trusted, TimeProvider time)
{
    /// <summary>Of a token, in characters.</summary>
    public const int MaxTokenLength = PresentedToken.MaxLength;

    /// <summary>Whether a merely stated initiator has the form of a verified one.</summary>
    public bool LooksVerified(string initiator) => trusted.Current.LooksVerified(initiator);

    /// <returns>The initiator; null with the fault and the issuer that was asked, empty when none was.</returns>
    public async ValueTask<(VerifiedInitiator? Initiator, AuthenticationFault Fault, string Authority)> VerifyAsync(
        string text, CancellationToken cancellationToken)
    {
        if (text.Length > MaxTokenLength)
            return (null, AuthenticationFault.TooLong, "");
        if (CompactToken.TryRead(text, out var token) is { } malformed)
            return (null, malformed, "");
        using (token)
        {
            if (TokenHeader.TryRead(token!.Header, out var header) is { } headerFault)
                return (null, headerFault, "");
            if (trusted.Current.TryChooseInitiator(token.Payload, out var authority) is { } unknown)
                return (null, unknown, "");
            if (TokenValidity.CheckClaims(authority!, token, time.GetUtcNow(), out _) is { } claimFault)
                return (null, claimFault, authority!.Name);
            var (key, keyFault) = await TokenValidity.FindKeyAsync(authority!, token, header, cancellationToken);
            if (key is null)
                return (null, keyFault, authority!.Name);
            var fault = authority!.TryMap(token.Payload, out var initiator);
            return (initiator, fault ?? default, authority.Name);
        }
    }
}
