using System.Text.Json;
using System.Text.RegularExpressions;

namespace SecretsBroker.Catalog;

/// <summary>A value of a YAML document, and the line on which it begins.</summary>
internal abstract partial record YamlValue(int Line)
{
    /// <summary>The value as JSON. Plain scalars that JSON would read as a number, <c>true</c>, <c>false</c> are that; all others are text.</summary>
    public JsonElement ToJson()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>The line of what a path leads to, as far as it can be followed: of a member, that of its name.</summary>
    public int LineOf(ReadOnlySpan<string> path) => LineOf(path, Line);

    /// <param name="path">What is left of it.</param>
    /// <param name="reached">The line of what the path has led to so far.</param>
    protected virtual int LineOf(ReadOnlySpan<string> path, int reached) => reached;

    protected abstract void Write(Utf8JsonWriter json);

    public sealed record Scalar(string Text, bool IsPlain, int Line) : YamlValue(Line)
    {
        public bool IsNull => IsPlain && Text is "" or "~" or "null";

        protected override void Write(Utf8JsonWriter json)
        {
            // JSON's numbers, so that a mode like 0600, a version like 1_0 or a date is not silently another value.
            if (IsPlain && (Text is "true" or "false" || (Text.Length <= 32 && JsonNumber.IsMatch(Text))))
            {
                json.WriteRawValue(Text);
            }
            else
            {
                json.WriteStringValue(Text);
            }
        }
    }

    public sealed record List(IReadOnlyList<YamlValue> Items, int Line) : YamlValue(Line)
    {
        protected override int LineOf(ReadOnlySpan<string> path, int reached) =>
            !path.IsEmpty && int.TryParse(path[0], out var index) && index >= 0 && index < Items.Count
                ? Items[index].LineOf(path[1..], Items[index].Line)
                : reached;

        protected override void Write(Utf8JsonWriter json)
        {
            json.WriteStartArray();
            foreach (var item in Items)
            {
                item.Write(json);
            }

            json.WriteEndArray();
        }
    }

    public sealed record Map(IReadOnlyList<Member> Members, int Line) : YamlValue(Line)
    {
        public Member? Find(string name) => Members.FirstOrDefault(member => member.Name == name);

        protected override int LineOf(ReadOnlySpan<string> path, int reached) =>
            !path.IsEmpty && Find(path[0]) is { } member ? member.Value.LineOf(path[1..], member.Line) : reached;

        protected override void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            foreach (var member in Members)
            {
                json.WritePropertyName(member.Name);
                member.Value.Write(json);
            }

            json.WriteEndObject();
        }
    }

    public sealed record Member(string Name, int Line, YamlValue Value);

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber { get; }
}
