using System.Text;
using System.Text.Json;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>A named JSON text, read into a tree; turns its offsets into lines and columns.</summary>
internal sealed class JsonSource(string fileName, string text)
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(text);

    /// <summary>The document; <c>null</c> when it is not well formed, and then the fault has been added.</summary>
    public JsonNode? Read(List<CedarError> errors)
    {
        if (text.Length > CedarLimits.MaxTextLength)
        {
            errors.Add(ErrorAt(0, $"the text is longer than {CedarLimits.MaxTextLength} characters"));
            return null;
        }

        var reader = new Utf8JsonReader(_utf8, new JsonReaderOptions { MaxDepth = CedarLimits.MaxJsonDepth });
        try
        {
            reader.Read();
            var root = Value(ref reader);
            reader.Read();
            return root;
        }
        catch (JsonFault fault)
        {
            errors.Add(ErrorAt(fault.Offset, fault.Message));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The reader says what is wrong in terms of its own options; the place is what helps.
            errors.Add(ErrorAt((int)reader.BytesConsumed, "not well-formed JSON"));
        }

        return null;
    }

    public CedarError ErrorAt(int offset, string message, string? expected = null)
    {
        var before = _utf8.AsSpan(0, Math.Min(offset, _utf8.Length));
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(before[lineStart..]) + 1;
        return new CedarError(fileName, before.Count((byte)'\n') + 1, column, message, expected);
    }

    // Recursive: the reader has already bounded the depth.
    private static JsonNode Value(ref Utf8JsonReader reader)
    {
        var offset = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object(ref reader, offset);
            case JsonTokenType.StartArray:
                var array = new JsonNode(JsonKind.Array, offset);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    array.Items.Add(Value(ref reader));
                return array;
            case JsonTokenType.String:
                return new JsonNode(JsonKind.String, offset, reader.GetString()!);
            case JsonTokenType.Number:
                return new JsonNode(JsonKind.Number, offset, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True:
                return new JsonNode(JsonKind.True, offset);
            case JsonTokenType.False:
                return new JsonNode(JsonKind.False, offset);
            default:
                return new JsonNode(JsonKind.Null, offset);
        }
    }

    private static JsonNode Object(ref Utf8JsonReader reader, int offset)
    {
        var result = new JsonNode(JsonKind.Object, offset);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            var at = (int)reader.TokenStartIndex;
            if (!names.Add(name))
                throw new JsonFault(at, $"the key `{name}` occurs twice");
            reader.Read();
            result.Members.Add(new JsonMember(name, at, Value(ref reader)));
        }

        return result;
    }
}
