using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Engines.Keys;

/// <summary>Public keys as JSON Web Keys (RFC 7517, RFC 7518 §6).</summary>
internal static class JsonWebKeys
{
    private const int MaxLength = 4 * 1024;

    /// <summary>The required members only, in the order and form that RFC 7638 §3 hashes.</summary>
    public static byte[] Canonical(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Write(("crv", $"P-{key.KeySize}"), ("kty", "EC"), ("x", Encode(point.X!)), ("y", Encode(point.Y!)));
    }

    public static byte[] Canonical(RSA key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return Write(
            ("e", Encode(parameters.Exponent.AsSpan().TrimStart((byte)0))),
            ("kty", "RSA"),
            ("n", Encode(parameters.Modulus.AsSpan().TrimStart((byte)0))));
    }

    public static string Thumbprint(byte[] canonical) => Encode(SHA256.HashData(canonical));

    /// <summary>The thumbprint of a caller's public key, from its value and not from how the caller wrote it.</summary>
    /// <exception cref="CredentialInputException">It is not one accepted public key.</exception>
    public static string ReadThumbprint(string json, string field)
    {
        var malformed = $"{field}: must be one public JSON Web Key of at most {MaxLength} characters";
        if (json.Length > MaxLength)
        {
            throw new CredentialInputException(malformed);
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var members = document.RootElement.EnumerateObject().ToDictionary(m => m.Name, m => m.Value);
            if (members.ContainsKey("d") || members.ContainsKey("k") || members.ContainsKey("p"))
            {
                throw new CredentialInputException($"{field}: must hold no private part; the key in it is no longer secret");
            }

            return members["kty"].GetString() switch
            {
                "EC" => OfEllipticCurve(members, field),
                "RSA" => OfRsa(members, field),
                _ => throw new CredentialInputException($"{field}: the key {AcceptedKey.Rule}"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException
            or ArgumentException or CryptographicException)
        {
            throw new CredentialInputException(malformed);
        }
    }

    private static string OfEllipticCurve(Dictionary<string, JsonElement> members, string field)
    {
        var curve = members["crv"].GetString() switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            _ => throw new CredentialInputException($"{field}: the key {AcceptedKey.Rule}"),
        };
        var point = new ECPoint { X = Decode(members["x"]), Y = Decode(members["y"]) };
        using var key = ECDsa.Create(new ECParameters { Curve = curve, Q = point });
        AcceptedKey.Require(key, field);
        return Thumbprint(Canonical(key));
    }

    private static string OfRsa(Dictionary<string, JsonElement> members, string field)
    {
        var parameters = new RSAParameters { Modulus = Decode(members["n"]), Exponent = Decode(members["e"]) };
        // The platform's import takes it for granted that neither is empty.
        if (parameters.Modulus.Length == 0 || parameters.Exponent.Length == 0)
        {
            throw new CredentialInputException($"{field}: the key {AcceptedKey.Rule}");
        }

        using var key = RSA.Create(parameters);
        AcceptedKey.Require(key, field);
        return Thumbprint(Canonical(key));
    }

    private static byte[] Decode(JsonElement member) => Base64Url.DecodeFromChars(member.GetString());

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private static byte[] Write(params ReadOnlySpan<(string Name, string Value)> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in members)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
