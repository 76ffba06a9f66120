namespace SecretsBroker.Policy.Cedar.Json;

internal enum JsonKind
{
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// <summary>A JSON value that knows where it stood. Numbers keep their text: a 64-bit integer must not pass through a double.</summary>
internal sealed class JsonNode(JsonKind kind, int offset, string text = "")
{
    public JsonKind Kind { get; } = kind;

    /// <summary>In bytes from the start of the document.</summary>
    public int Offset { get; } = offset;

    /// <summary>Of a string its value, of a number its digits.</summary>
    public string Text { get; } = text;

    public List<JsonNode> Items { get; } = [];

    public List<JsonMember> Members { get; } = [];

    public JsonNode? Find(string name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
                return member.Value;
        }

        return null;
    }

    public string Describe() => Kind switch
    {
        JsonKind.Null => "null",
        JsonKind.False or JsonKind.True => "a boolean",
        JsonKind.Number => $"the number {Text}",
        JsonKind.String => "a string",
        JsonKind.Array => "an array",
        _ => "an object",
    };
}

internal readonly record struct JsonMember(string Name, int Offset, JsonNode Value);
