using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines.Jwt;

/// <summary>Tokens as a resource server that is not the broker reads and judges them.</summary>
internal static class Tokens
{
    public const string Audience = "https://invoices.example";

    public static string Text(this Credential credential) => ((AccessTokenCredential)credential).Token.Reveal();

    public static JsonWebToken Read(this Credential credential) => new(credential.Text());

    public static Task<TokenValidationResult> ValidateAsync(
        string token, string keySet, string issuer, DateTimeOffset at, string audience = Audience) =>
        new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = ["ES256"],
            ValidIssuer = issuer,
            ValidAudience = audience,
            IssuerSigningKeys = new JsonWebKeySet(keySet).GetSigningKeys(),
            TryAllIssuerSigningKeys = false,
            LifetimeValidator = (_, expires, _, _) => expires > at.UtcDateTime,
        });
}
