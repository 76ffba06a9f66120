using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SecretsBroker.Samples.TargetService;

/// <summary>What a token says about who may use it (RFC 8705 §3.1), and for what (RFC 9396 §2).</summary>
internal static class AccessTokenClaims
{
    private const string IntentType = "secretsbroker_intent";

    public static void RequireBoundTo(JsonWebToken token, X509Certificate2 certificate)
    {
        var thumbprint = Base64UrlEncoder.Encode(SHA256.HashData(certificate.RawDataMemory.Span));
        if (!token.TryGetPayloadValue<JsonElement>("cnf", out var bond) || bond.ValueKind != JsonValueKind.Object ||
            !bond.TryGetProperty("x5t#S256", out var bound) || !Is(bound, thumbprint))
        {
            throw AccessRefusedException.Unauthorized("the token is not bound to the client certificate");
        }
    }

    public static void RequireAllows(JsonWebToken token, AccessRequirement requirement, string audience)
    {
        if (!token.TryGetPayloadValue<JsonElement>("authorization_details", out var details) ||
            details.ValueKind != JsonValueKind.Array ||
            !details.EnumerateArray().Any(detail => Allows(detail, requirement, audience)))
        {
            throw AccessRefusedException.Forbidden("the token was issued for something else");
        }
    }

    private static bool Allows(JsonElement detail, AccessRequirement requirement, string audience) =>
        detail.ValueKind == JsonValueKind.Object &&
        detail.TryGetProperty("type", out var type) && Is(type, IntentType) &&
        detail.TryGetProperty("identifier", out var resource) && Is(resource, requirement.Resource) &&
        detail.TryGetProperty("actions", out var actions) && Holds(actions, requirement.Action) &&
        detail.TryGetProperty("locations", out var locations) && Holds(locations, audience);

    private static bool Holds(JsonElement list, string text) =>
        list.ValueKind == JsonValueKind.Array && list.EnumerateArray().Any(item => Is(item, text));

    private static bool Is(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);
}
