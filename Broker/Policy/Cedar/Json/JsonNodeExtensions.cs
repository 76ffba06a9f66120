using System.Globalization;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Reading with demands: what does not meet them ends in a <see cref="JsonFault"/>.</summary>
internal static class JsonNodeExtensions
{
    public static string AsString(this JsonNode node, string what)
        => node.Kind == JsonKind.String ? node.Text : throw JsonFault.Unexpected(node, what);

    public static List<JsonNode> AsArray(this JsonNode node, string what)
        => node.Kind == JsonKind.Array ? node.Items : throw JsonFault.Unexpected(node, what);

    public static List<JsonMember> AsObject(this JsonNode node, string what)
        => node.Kind == JsonKind.Object ? node.Members : throw JsonFault.Unexpected(node, what);

    public static bool AsBool(this JsonNode node, string what)
        => node.Kind is JsonKind.True or JsonKind.False ? node.Kind == JsonKind.True : throw JsonFault.Unexpected(node, what);

    public static long AsLong(this JsonNode node)
        => node.Kind == JsonKind.Number && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw JsonFault.Unexpected(node, "a 64-bit integer");

    public static JsonNode Required(this JsonNode node, string name)
        => node.Find(name) ?? throw JsonFault.At(node, $"`{name}` is missing");

    public static void AllowOnly(this JsonNode node, params ReadOnlySpan<string> names)
    {
        foreach (var member in node.Members)
        {
            if (!names.Contains(member.Name))
                throw new JsonFault(member.Offset, $"unexpected key `{member.Name}`", string.Join(", ", names!));
        }
    }

    /// <summary>A type name in its one normal form: no blanks, no comments.</summary>
    public static string AsPath(this JsonNode node, string what)
    {
        var path = node.AsString(what);
        return Names.IsPath(path) ? path : throw JsonFault.At(node, $"`{path}` is no type name", what);
    }

    /// <summary><c>{"type": …, "id": …}</c>.</summary>
    public static EntityUid AsTypeAndId(this JsonNode node)
    {
        node.AsObject("an object with `type` and `id`");
        return new EntityUid(
            node.Required("type").AsPath("an entity type"),
            node.Required("id").AsString("an entity's id as a string"));
    }

    /// <summary><c>{"__entity": {"type": …, "id": …}}</c>, or the inner object alone.</summary>
    public static EntityUid AsEntityUid(this JsonNode node)
        => (node.Kind == JsonKind.Object ? node.Find("__entity") ?? node : node).AsTypeAndId();
}
