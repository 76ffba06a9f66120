using System.Buffers;
using System.Text.Json;
using SecretsBroker.Engines.Jwt;

namespace SecretsBroker.Introspection;

/// <summary>What resource servers are told.</summary>
internal static class TokenAnswers
{
    /// <summary>RFC 7662 §2.2: for what is not good, nothing but that.</summary>
    public static IResult Inactive() => Results.Json(new { active = false });

    /// <summary>RFC 7662 §2.2: the claims that were signed.</summary>
    public static IResult Active(IssuedToken token)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("active", value: true);
            json.WriteString("token_type", IsForKey(token) ? "DPoP" : "Bearer");
            foreach (var claim in token.Claims.EnumerateObject())
            {
                claim.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return Results.Bytes(buffer.WrittenMemory, "application/json");
    }

    /// <summary>RFC 6749 §5.2.</summary>
    public static IResult Refused(int status, string error) => Results.Json(new { error }, statusCode: status);

    private static bool IsForKey(IssuedToken token) =>
        token.Claims.TryGetProperty("cnf", out var confirmation) && confirmation.TryGetProperty(KeyBinding.Key, out _);
}
