using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SecretsBroker.Engines.Jwt;

namespace SecretsBroker.Engines.OAuth;

/// <summary>What the broker signs for an authorization server. Each is good for a minute, at that server only.</summary>
internal sealed class OAuthAssertions(OAuthTargetSettings settings, Func<SigningKey> key, TimeProvider time)
{
    private const int LifeSeconds = 60;

    /// <summary>That the broker is the client (RFC 7523 §3).</summary>
    public string OfClient() => Encoding.ASCII.GetString(SignedToken.Write("JWT", key(), json =>
    {
        json.WriteString("iss", settings.ClientId);
        json.WriteString("sub", settings.ClientId);
        json.WriteString("jti", RandomNumberGenerator.GetHexString(32, lowercase: true));
        WriteValidity(json);
    }));

    /// <summary>
    /// Who wants the token: the workload, or for whom it acts and through whom (RFC 8693 §4.1), for which lease and what. An assertion of the
    /// broker's: it is no token at any resource server.
    /// </summary>
    public string OfSubject(IssueRequest request) => Encoding.ASCII.GetString(SignedToken.Write("secretsbroker-subject+jwt", key(), json =>
    {
        json.WriteString("iss", settings.SubjectIssuer);
        IntentClaims.WriteSubject(json, request);
        json.WriteString("client_id", request.Workload.Value);
        json.WriteString("jti", request.LeaseId.Value);
        WriteValidity(json);
        IntentClaims.WriteDetails(json, request, settings.Issuer);
        IntentClaims.WriteActors(json, request);
    }));

    private void WriteValidity(Utf8JsonWriter json)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        json.WriteString("aud", settings.Issuer);
        json.WriteNumber("iat", now);
        json.WriteNumber("exp", now + LifeSeconds);
    }
}
