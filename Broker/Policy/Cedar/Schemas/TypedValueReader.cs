using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>Reads values of which the type is known, so that <c>__entity</c> and <c>__extn</c> may be left out. Does not check the type of the rest.</summary>
internal static class TypedValueReader
{
    public static CedarValue Read(JsonNode node, SchemaType? expected) => expected switch
    {
        EntityReferenceType => node.AsEntityUid(),
        ExtensionType extension => Extension(node, extension),
        SetType set => CedarSet.Of(node.AsArray("an array").Select(i => Read(i, set.Element))),
        RecordType record => Record(node, record),
        _ => ValueReader.Read(node),
    };

    public static CedarRecord Record(JsonNode node, RecordType expected)
    {
        var members = node.AsObject("an object");
        foreach (var (name, field) in expected.Fields)
        {
            if (field.IsRequired && node.Find(name) is null)
                throw JsonFault.At(node, $"`{name}` is missing");
        }

        return CedarRecord.Of(members.ConvertAll(member => expected.Fields.TryGetValue(member.Name, out var field)
            ? KeyValuePair.Create(member.Name, Read(member.Value, field.Type))
            : throw new JsonFault(member.Offset, $"`{member.Name}` is not declared", string.Join(", ", expected.Fields.Keys))));
    }

    private static CedarValue Extension(JsonNode node, ExtensionType expected)
    {
        var call = node.Members is [{ Name: "__extn" } only] ? only.Value : node;
        if (call.Kind == JsonKind.Object && ValueReader.IsCall(call))
            return Call(call);
        var constructor = ExtensionFunctions.Find(expected.Name == "ipaddr" ? "ip" : expected.Name)!;
        return constructor.TryCall([ValueReader.Read(node)], out var fault) ?? throw JsonFault.At(node, fault);
    }

    private static CedarValue Call(JsonNode node)
    {
        var name = node.Find("fn")!;
        if (ExtensionFunctions.Find(name.Text) is not { } function)
            throw JsonFault.At(name, $"there is no function `{name.Text}`");
        var written = node.Find("arg") is { } single ? [single] : node.Find("args")!.Items;
        var arguments = written.Select((a, i) => Read(a, i < function.Parameters.Count ? Parameter(function.Parameters[i]) : null)).ToArray();
        return function.TryCall(arguments, out var fault) ?? throw JsonFault.At(node, fault);
    }

    private static ExtensionType? Parameter(string type) => type == "string" ? null : new ExtensionType(type);
}
