using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Tokens;

/// <summary>Whether one trusted key signed a token. The claims have been checked by then, more narrowly than the library does.</summary>
internal static class SignatureCheck
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = PresentedToken.MaxLength };

    public static async Task<bool> PassesAsync(CompactToken token, TokenHeader header, TrustedKey key)
    {
        var result = await Handler.ValidateTokenAsync(token.Text, new TokenValidationParameters
        {
            RequireSignedTokens = true,
            ValidAlgorithms = [header.Algorithm],
            // Exactly this key: the library must not look for one by itself, least of all in the token.
            IssuerSigningKeyResolver = (_, _, _, _) => [key.Key],
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
            LogTokenId = false,
            LogValidationExceptions = false,
        });
        return result.IsValid;
    }
}
