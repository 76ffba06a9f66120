using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Engines.Jwt;

/// <summary>
/// Writes an access token: RFC 9068 with <c>authorization_details</c> (RFC 9396) and <c>cnf</c> (RFC 7800). Written as bytes from
/// beginning to end, because text cannot be zeroed.
/// </summary>
internal static class AccessToken
{
    /// <summary>The <c>type</c> of the one element of <c>authorization_details</c>: what the token was issued for.</summary>
    public const string AuthorizationType = "secretsbroker_intent";

    public const string Type = "at+jwt";
    public const string Algorithm = "ES256";

    private const int SignatureBytes = 64;

    public static byte[] Write(
        IssueRequest request, JwtSettings settings, KeyBinding binding, SigningKey key, DateTimeOffset now)
    {
        var header = Json(json =>
        {
            json.WriteString("typ", Type);
            json.WriteString("alg", Algorithm);
            json.WriteString("kid", key.Id);
        });
        var claims = Json(json => WriteClaims(json, request, settings, binding, now));
        var signed = Base64Url.GetEncodedLength(header.Length) + 1 + Base64Url.GetEncodedLength(claims.Length);
        var token = new byte[signed + 1 + Base64Url.GetEncodedLength(SignatureBytes)];

        var at = Base64Url.EncodeToUtf8(header, token);
        token[at++] = (byte)'.';
        at += Base64Url.EncodeToUtf8(claims, token.AsSpan(at));
        Span<byte> signature = stackalloc byte[SignatureBytes];
        var length = key.Sign(token.AsSpan(0, at), signature);
        token[at++] = (byte)'.';
        Base64Url.EncodeToUtf8(signature[..length], token.AsSpan(at));
        CryptographicOperations.ZeroMemory(signature);
        return token;
    }

    private static void WriteClaims(
        Utf8JsonWriter json, IssueRequest request, JwtSettings settings, KeyBinding binding, DateTimeOffset now)
    {
        json.WriteString("iss", settings.Issuer);
        // RFC 8693 §4.1: the subject is the party that is acted for; who acts stands in "act".
        json.WriteString("sub", (request.Delegation?.RootTask.Owner ?? request.Workload).Value);
        json.WriteString("aud", settings.Audience);
        json.WriteString("client_id", request.Workload.Value);
        json.WriteNumber("iat", now.ToUnixTimeSeconds());
        // Whole seconds, rounded down: never a moment past the lease.
        json.WriteNumber("exp", request.ExpireTime.ToUnixTimeSeconds());
        json.WriteString("jti", request.LeaseId.Value);
        json.WriteStartArray("authorization_details");
        json.WriteStartObject();
        json.WriteString("type", AuthorizationType);
        WriteOne(json, "actions", request.Intent.Action);
        WriteOne(json, "locations", settings.Audience);
        json.WriteString("identifier", request.Intent.Resource);
        json.WriteEndObject();
        json.WriteEndArray();
        if (request.Delegation is { } delegation)
        {
            WriteActor(json, request.Workload.Value, delegation.Links, delegation.Links.Count - 1);
        }

        if (binding.IsBound)
        {
            json.WriteStartObject("cnf");
            json.WriteString(binding.Method, binding.Thumbprint);
            json.WriteEndObject();
        }
    }

    /// <summary>The one who acts, and within it those who acted before, the last first: all above but the root, which is the subject.</summary>
    private static void WriteActor(Utf8JsonWriter json, string actor, IReadOnlyList<DelegationLink> links, int before)
    {
        json.WriteStartObject("act");
        json.WriteString("sub", actor);
        if (before > 0)
        {
            WriteActor(json, links[before].Task.Owner.Value, links, before - 1);
        }

        json.WriteEndObject();
    }

    private static void WriteOne(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static ReadOnlySpan<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
