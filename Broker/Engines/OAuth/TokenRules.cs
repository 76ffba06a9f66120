namespace SecretsBroker.Engines.OAuth;

/// <summary>What a token has to be before it is handed out.</summary>
internal static class TokenRules
{
    /// <summary>What fits, sealed, into the lease that it is revoked by.</summary>
    public const int MaxBytes = 4096;

    private const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";
    private const string JwtType = "urn:ietf:params:oauth:token-type:jwt";

    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? FindFault(TokenAnswer answer, OAuthGrantSettings grant, TimeSpan longestLife)
    {
        if (answer.Token.Bytes.Length > MaxBytes || answer.Token.Bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return $"the server's token is not of at most {MaxBytes} printable characters";
        }

        if (!answer.Type.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return "the server's token is of another type than Bearer";
        }

        if (answer.Life is not { } life)
        {
            return "the server does not say how long its token lives";
        }

        if (life > longestLife)
        {
            return "the server's token lives longer than max_token_life";
        }

        if (grant.Scopes.Count > 0 && answer.Scope is { } scope && scope.Split(' ').Except(grant.Scopes).Any())
        {
            return "the server gave more scopes than the grant has";
        }

        return grant.Flow == OAuthFlow.TokenExchange && answer.IssuedType is not (AccessTokenType or JwtType)
            ? "the server exchanged for something that is no access token"
            : null;
    }
}
