namespace SecretsBroker.Identity.Tokens;

/// <summary>
/// The <c>authorization</c> metadata value: a scheme, one space, a token. <c>Bearer</c> (RFC 6750 §2.1), or <c>DPoP</c>
/// (RFC 9449 §7.1) for one that comes with a proof.
/// </summary>
/// <param name="Text">The token.</param>
/// <param name="IsDpop">Which scheme.</param>
internal readonly record struct PresentedToken(string Text, bool IsDpop)
{
    /// <summary>Of the whole value, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Bearer = "Bearer ";
    private const string Dpop = "DPoP ";

    public static AuthenticationFault? TryRead(string? value, out PresentedToken token)
    {
        token = default;
        if (string.IsNullOrEmpty(value))
            return AuthenticationFault.CredentialMissing;
        if (value.Length > MaxLength)
            return AuthenticationFault.TooLong;
        // Schemes are compared without case (RFC 9110 §11.1).
        if (value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            token = new PresentedToken(value[Bearer.Length..], IsDpop: false);
        else if (value.StartsWith(Dpop, StringComparison.OrdinalIgnoreCase))
            token = new PresentedToken(value[Dpop.Length..], IsDpop: true);
        else
            return AuthenticationFault.SchemeRefused;
        return null;
    }
}
