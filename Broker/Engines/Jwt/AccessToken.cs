using System.Text.Json;

namespace SecretsBroker.Engines.Jwt;

/// <summary>Writes an access token: RFC 9068 with <c>authorization_details</c> (RFC 9396) and <c>cnf</c> (RFC 7800).</summary>
internal static class AccessToken
{
    public const string Type = "at+jwt";

    public static byte[] Write(
        IssueRequest request, JwtSettings settings, KeyBinding binding, SigningKey key, DateTimeOffset now) =>
        SignedToken.Write(Type, key, json => WriteClaims(json, request, settings, binding, now));

    private static void WriteClaims(
        Utf8JsonWriter json, IssueRequest request, JwtSettings settings, KeyBinding binding, DateTimeOffset now)
    {
        json.WriteString("iss", settings.Issuer);
        IntentClaims.WriteSubject(json, request);
        json.WriteString("aud", settings.Audience);
        json.WriteString("client_id", request.Workload.Value);
        json.WriteNumber("iat", now.ToUnixTimeSeconds());
        // Whole seconds, rounded down: never a moment past the lease.
        json.WriteNumber("exp", request.ExpireTime.ToUnixTimeSeconds());
        json.WriteString("jti", request.LeaseId.Value);
        IntentClaims.WriteDetails(json, request, settings.Audience);
        IntentClaims.WriteActors(json, request);
        if (binding.IsBound)
        {
            json.WriteStartObject("cnf");
            json.WriteString(binding.Method, binding.Thumbprint);
            json.WriteEndObject();
        }
    }
}
