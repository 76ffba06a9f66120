using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Engines.Jwt;

/// <summary>A JWS in compact form (RFC 7515), signed with ES256. Written as bytes from beginning to end, because text cannot be zeroed.</summary>
internal static class SignedToken
{
    public const string Algorithm = "ES256";

    private const int SignatureBytes = 64;

    /// <param name="type">The header's <c>typ</c>.</param>
    /// <param name="key">Signs.</param>
    /// <param name="writeClaims">Writes the members of the payload.</param>
    public static byte[] Write(string type, SigningKey key, Action<Utf8JsonWriter> writeClaims)
    {
        var header = Json(json =>
        {
            json.WriteString("typ", type);
            json.WriteString("alg", Algorithm);
            json.WriteString("kid", key.Id);
        });
        var claims = Json(writeClaims);
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
