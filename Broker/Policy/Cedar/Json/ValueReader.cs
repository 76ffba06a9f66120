using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Reads values as they are written in entities and contexts.</summary>
internal static class ValueReader
{
    private const string AValue = "a boolean, an integer, a string, an array or an object";

    public static CedarValue Read(JsonNode node) => node.Kind switch
    {
        JsonKind.True => CedarBool.True,
        JsonKind.False => CedarBool.False,
        JsonKind.Number => new CedarLong(node.AsLong()),
        JsonKind.String => new CedarString(node.Text),
        JsonKind.Array => CedarSet.Of(node.Items.Select(Read)),
        JsonKind.Object => ReadObject(node),
        _ => throw JsonFault.Unexpected(node, AValue),
    };

    public static CedarRecord ReadRecord(JsonNode node)
        => CedarRecord.Of(node.AsObject("an object").Select(m => KeyValuePair.Create(m.Name, Read(m.Value))));

    // An escape is an object with nothing but the escape's key, and with the right things in it; anything else is a record.
    private static CedarValue ReadObject(JsonNode node)
    {
        if (node.Members is [var only])
        {
            switch (only.Name)
            {
                case "__entity" when only.Value.Find("type")?.Kind == JsonKind.String && only.Value.Find("id")?.Kind == JsonKind.String:
                    return only.Value.AsTypeAndId();
                case "__extn" when IsCall(only.Value):
                    return Call(only.Value);
                case "__expr" when only.Value.Kind == JsonKind.String:
                    throw JsonFault.At(node, "the `__expr` escape is no longer part of Cedar", "`__entity` or `__extn`");
            }
        }

        return ReadRecord(node);
    }

    public static bool IsCall(JsonNode node)
        => node.Find("fn")?.Kind == JsonKind.String && (node.Find("arg") is not null || node.Find("args")?.Kind == JsonKind.Array);

    public static CedarValue Call(JsonNode node)
    {
        var function = ExtensionFunctions.Find(node.Find("fn")!.Text)
            ?? throw JsonFault.At(node, $"there is no function `{node.Find("fn")!.Text}`", "decimal, ip, datetime or duration");
        var arguments = node.Find("arg") is { } single ? [Read(single)] : node.Find("args")!.Items.Select(Read).ToArray();
        return function.TryCall(arguments, out var fault) ?? throw JsonFault.At(node, fault);
    }
}
