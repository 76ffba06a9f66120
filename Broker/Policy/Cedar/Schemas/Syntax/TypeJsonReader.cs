using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>Reads the types of the JSON schema syntax: <c>{"type": …}</c> with what that type needs beside it.</summary>
internal sealed class TypeJsonReader(JsonSource source)
{
    public CedarPosition PositionOf(int offset)
    {
        var error = source.ErrorAt(offset, "");
        return new CedarPosition(error.File, error.Line, error.Column);
    }

    public TypeSyntax Read(JsonNode node) => Read(node, []);

    /// <summary>A type that may carry annotations.</summary>
    public TypeSyntax Annotated(JsonNode node)
    {
        Annotations(node);
        return Read(node, ["annotations"]);
    }

    public static string Name(JsonNode node)
    {
        var name = node.AsString("a type's name");
        return name.Split("::").All(part => Names.IsIdentifier(part) && !Names.IsKeyword(part))
            ? name
            : throw JsonFault.At(node, $"`{name}` is no type name");
    }

    public static void Annotations(JsonNode node)
    {
        foreach (var member in node.Find("annotations")?.AsObject("an object of strings") ?? [])
        {
            if (!Names.IsIdentifier(member.Name))
                throw new JsonFault(member.Offset, $"`{member.Name}` is no name for an annotation", "an identifier");
            if (member.Value.Kind is not (JsonKind.String or JsonKind.Null))
                throw JsonFault.Unexpected(member.Value, "a string or null");
        }
    }

    private TypeSyntax Read(JsonNode node, string[] beside)
    {
        node.AsObject("a type as an object");
        var kind = node.Required("type").AsString("a type's name");
        var position = PositionOf(node.Offset);
        node.AllowOnly(["type", .. beside, .. kind switch
        {
            "Set" => ["element"],
            "Record" => ["attributes", "additionalAttributes"],
            "Entity" or "EntityOrCommon" or "Extension" => (string[])["name"],
            _ => [],
        }]);
        switch (kind)
        {
            case "Boolean":
                return new KnownTypeSyntax(new BoolType(), position);
            case "Long" or "String":
                return new KnownTypeSyntax(SchemaNames.Builtin[kind], position);
            case "Set":
                return new SetTypeSyntax(Read(node.Required("element")), position);
            case "Record":
                return Record(node, position);
            case "Entity":
                return new NamedTypeSyntax(Name(node.Required("name")), NameKind.Entity, position);
            case "EntityOrCommon":
                return new NamedTypeSyntax(Name(node.Required("name")), NameKind.Either, position);
            case "Extension":
                var name = node.Required("name");
                return SchemaNames.Builtin.GetValueOrDefault(name.AsString("a type's name")) is ExtensionType extension
                    ? new KnownTypeSyntax(extension, position)
                    : throw JsonFault.At(name, $"there is no extension type `{name.Text}`");
            default:
                return new NamedTypeSyntax(Name(node.Required("type")), NameKind.Common, position);
        }
    }

    private RecordTypeSyntax Record(JsonNode node, CedarPosition position)
    {
        if (node.Find("additionalAttributes") is { } open && open.AsBool("a boolean"))
            throw JsonFault.At(open, "records with attributes that are not declared are not supported");
        return new RecordTypeSyntax(node.Required("attributes").AsObject("an object of types").ConvertAll(Field), position);
    }

    private FieldSyntax Field(JsonMember member)
    {
        Annotations(member.Value);
        var isRequired = member.Value.AsObject("a type as an object") is not null
            && (member.Value.Find("required") is not { } required || required.AsBool("a boolean"));
        return new FieldSyntax(member.Name, Read(member.Value, ["required", "annotations"]), isRequired);
    }
}
