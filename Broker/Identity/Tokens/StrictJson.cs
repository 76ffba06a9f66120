using System.Text.Json;

namespace SecretsBroker.Identity.Tokens;

/// <summary>JSON objects in which every string is valid Unicode and no object, at any depth, has a member twice.</summary>
internal static class StrictJson
{
    private const int MaxDepth = 16;

    public static AuthenticationFault? TryRead(byte[] utf8, out JsonDocument? document)
    {
        document = null;
        try
        {
            if (HasRepeatedMember(utf8))
                return AuthenticationFault.MemberRepeated;
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        // The second is how the reader says that a string is not valid Unicode.
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return AuthenticationFault.Malformed;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return null;
        document.Dispose();
        document = null;
        return AuthenticationFault.Malformed;
    }

    private static bool HasRepeatedMember(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        var open = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    open.Pop();
                    break;
                // Compared unescaped: "aud" and "\u0061ud" are one name.
                case JsonTokenType.PropertyName when !open.Peek().Add(reader.GetString()!):
                    return true;
                case JsonTokenType.String:
                    _ = reader.GetString();
                    break;
            }
        }

        return false;
    }
}
