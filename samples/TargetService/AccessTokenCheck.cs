using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SecretsBroker.Samples.TargetService;

/// <summary>Whether a token is one of the broker's for this service (RFC 9068 §4), by the broker's published keys.</summary>
internal sealed class AccessTokenCheck(SecretsBrokerAccessOptions options, HttpClient broker) : IDisposable
{
    private const int MaxLength = 8 * 1024;
    private static readonly TimeSpan _keysRefreshAfter = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _keysRefuseAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan _unknownKeyRefreshAfter = TimeSpan.FromSeconds(1);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };
    private readonly PublishedDocument<IList<SecurityKey>> _keys = new(
        broker, $"v1/jwt/{options.TokenTarget}/jwks.json", json => new JsonWebKeySet(json).GetSigningKeys(), _keysRefuseAfter, options.Time);

    public async Task<JsonWebToken> RequireAsync(string text, CancellationToken cancellationToken)
    {
        var keys = await _keys.ReadAsync(_keysRefreshAfter, cancellationToken);
        var result = await ValidateAsync(text, keys);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // Perhaps a new key. Anybody can send an unknown one, so the broker is not asked more than once a second.
            keys = await _keys.ReadAsync(_unknownKeyRefreshAfter, cancellationToken);
            result = await ValidateAsync(text, keys);
        }

        return result.IsValid && result.SecurityToken is JsonWebToken { Id.Length: > 0, Subject.Length: > 0 } token
            ? token
            : throw AccessRefusedException.Unauthorized("the token is not valid here");
    }

    public void Dispose() => _keys.Dispose();

    private Task<TokenValidationResult> ValidateAsync(string text, IList<SecurityKey> keys) =>
        _handler.ValidateTokenAsync(text, new TokenValidationParameters
        {
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidIssuer = options.Issuer,
            ValidAudience = options.Audience,
            IssuerSigningKeys = keys,
            TryAllIssuerSigningKeys = false,
            LifetimeValidator = (_, expires, _, _) => expires + options.ClockSkew > options.Time.GetUtcNow().UtcDateTime,
        });
}
