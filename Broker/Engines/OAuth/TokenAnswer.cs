using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Engines.OAuth;

/// <summary>A server's answer to a request for a token (RFC 6749 §5.1, RFC 8693 §2.2.1), read and not judged. A refresh token in it is dropped.</summary>
internal sealed class TokenAnswer
{
    private TokenAnswer(Secret token) => Token = token;

    /// <summary>Whoever asked disposes it.</summary>
    public Secret Token { get; }

    public string Type { get; private init; } = "";

    /// <summary>Null when the server did not say.</summary>
    public TimeSpan? Life { get; private init; }

    /// <summary>Null when it is what was asked for.</summary>
    public string? Scope { get; private init; }

    public string IssuedType { get; private init; } = "";

    /// <exception cref="JsonException">It is none.</exception>
    public static TokenAnswer Parse(ReadOnlySpan<byte> json)
    {
        byte[]? token = null;
        try
        {
            return Read(json, ref token);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            CryptographicOperations.ZeroMemory(token);
            // The reader calls a text that is not UTF-8 an invalid operation.
            throw e as JsonException ?? new JsonException();
        }
    }

    private static TokenAnswer Read(ReadOnlySpan<byte> json, ref byte[]? token)
    {
        var texts = new Dictionary<string, string?>();
        TimeSpan? life = null;
        var reader = new Utf8JsonReader(json);
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            // Of two, nobody knows which one is meant.
            Require(texts.TryAdd(name, null) && reader.Read());
            switch (name)
            {
                case "access_token":
                    Require(reader.TokenType == JsonTokenType.String);
                    token = CopyText(ref reader);
                    break;
                case "expires_in" when reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var seconds) && seconds > 0:
                    life = TimeSpan.FromSeconds(seconds);
                    break;
                case "token_type" or "scope" or "issued_token_type" when reader.TokenType == JsonTokenType.String:
                    texts[name] = reader.GetString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Require(token is { Length: > 0 });
        return new TokenAnswer(new Secret(token!))
        {
            Type = texts.GetValueOrDefault("token_type") ?? "",
            Life = life,
            Scope = texts.GetValueOrDefault("scope"),
            IssuedType = texts.GetValueOrDefault("issued_token_type") ?? "",
        };
    }

    private static byte[] CopyText(ref Utf8JsonReader reader)
    {
        var longest = new byte[reader.ValueSpan.Length];
        try
        {
            return longest.AsSpan(0, reader.CopyString(longest)).ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(longest);
        }
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new JsonException();
        }
    }
}
