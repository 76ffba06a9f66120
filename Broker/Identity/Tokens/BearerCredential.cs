namespace SecretsBroker.Identity.Tokens;

/// <summary>The <c>authorization</c> metadata value: <c>Bearer</c>, one space, a token (RFC 6750 §2.1).</summary>
internal static class BearerCredential
{
    /// <summary>Of the whole value, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Scheme = "Bearer ";

    public static AuthenticationFault? TryRead(string? value, out string token)
    {
        token = "";
        if (string.IsNullOrEmpty(value))
            return AuthenticationFault.CredentialMissing;
        if (value.Length > MaxLength)
            return AuthenticationFault.TooLong;
        // Schemes are compared without case (RFC 9110 §11.1).
        if (!value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return AuthenticationFault.NotBearer;
        token = value[Scheme.Length..];
        return null;
    }
}
