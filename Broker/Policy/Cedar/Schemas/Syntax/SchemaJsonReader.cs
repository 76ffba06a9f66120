using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>Reads the JSON schema syntax. Types are read by <see cref="TypeJsonReader"/>.</summary>
internal sealed class SchemaJsonReader(JsonSource source, List<CedarError> errors)
{
    private readonly TypeJsonReader _types = new(source);

    public IReadOnlyList<NamespaceSyntax> Read()
    {
        if (source.Read(errors) is not { } root)
            return [];
        var namespaces = new List<NamespaceSyntax>();
        Attempt(root, () =>
        {
            foreach (var member in root.AsObject("a schema as an object"))
                namespaces.Add(Namespace(member));
        });
        return namespaces;
    }

    private NamespaceSyntax Namespace(JsonMember member)
    {
        var node = member.Value;
        if (member.Name.Length > 0 && !Names.IsPath(member.Name))
            throw new JsonFault(member.Offset, $"`{member.Name}` is no name for a namespace");
        node.AsObject("a namespace as an object");
        node.AllowOnly("commonTypes", "entityTypes", "actions", "annotations");
        TypeJsonReader.Annotations(node);
        if (member.Name.Length == 0 && node.Find("annotations") is { Members.Count: > 0 } annotations)
            throw JsonFault.At(annotations, "annotations stand on a namespace with a name");
        return new NamespaceSyntax(
            member.Name,
            Declarations(node.Find("commonTypes"), CommonType),
            Declarations(node.Required("entityTypes"), Entity),
            Declarations(node.Required("actions"), Action));
    }

    private List<T> Declarations<T>(JsonNode? node, Func<JsonMember, T> read)
    {
        var declarations = new List<T>();
        foreach (var member in node?.AsObject("an object of declarations") ?? [])
            Attempt(member.Value, () => declarations.Add(read(member)));
        return declarations;
    }

    private CommonTypeSyntax CommonType(JsonMember member)
    {
        CheckName(member);
        if (SchemaNames.IsReservedForTypes(member.Name))
            throw new JsonFault(member.Offset, $"`{member.Name}` is reserved");
        return new CommonTypeSyntax(member.Name, _types.Annotated(member.Value), _types.PositionOf(member.Offset));
    }

    private EntitySyntax Entity(JsonMember member)
    {
        CheckName(member);
        var node = member.Value;
        node.AsObject("an entity type as an object");
        TypeJsonReader.Annotations(node);
        var position = _types.PositionOf(member.Offset);
        if (node.Find("enum") is { } choices)
        {
            node.AllowOnly("enum", "annotations");
            var ids = choices.AsArray("an array of strings").ConvertAll(c => c.AsString("an id as a string"));
            return ids.Count > 0
                ? new EntitySyntax(member.Name, [], null, null, ids, position)
                : throw JsonFault.At(choices, "an enumerated type needs an id");
        }

        node.AllowOnly("memberOfTypes", "shape", "tags", "annotations");
        return new EntitySyntax(
            member.Name,
            node.Find("memberOfTypes") is { } parents ? References(parents) : [],
            node.Find("shape") is { } shape ? _types.Read(shape) : null,
            node.Find("tags") is { } tags ? _types.Read(tags) : null,
            null,
            position);
    }

    private ActionSyntax Action(JsonMember member)
    {
        var node = member.Value;
        node.AsObject("an action as an object");
        node.AllowOnly("attributes", "appliesTo", "memberOf", "annotations");
        TypeJsonReader.Annotations(node);
        if (Present(node, "attributes") is { } attributes)
            throw JsonFault.At(attributes, "actions have no attributes");
        var appliesTo = Present(node, "appliesTo");
        appliesTo?.AsObject("an object");
        appliesTo?.AllowOnly("principalTypes", "resourceTypes", "context");
        return new ActionSyntax(
            member.Name,
            Present(node, "memberOf")?.AsArray("an array of actions").ConvertAll(ActionReference) ?? [],
            appliesTo is null ? [] : References(appliesTo.Required("principalTypes")),
            appliesTo is null ? [] : References(appliesTo.Required("resourceTypes")),
            appliesTo?.Find("context") is { } context ? _types.Read(context) : null,
            _types.PositionOf(member.Offset));
    }

    private ActionReferenceSyntax ActionReference(JsonNode node)
    {
        node.AsObject("an action as an object");
        node.AllowOnly("id", "type");
        return new ActionReferenceSyntax(
            Present(node, "type") is { } type ? TypeJsonReader.Name(type) : null,
            node.Required("id").AsString("an action's id"),
            _types.PositionOf(node.Offset));
    }

    private List<ReferenceSyntax> References(JsonNode node)
        => node.AsArray("an array of entity types").ConvertAll(n => new ReferenceSyntax(TypeJsonReader.Name(n), _types.PositionOf(n.Offset)));

    private static JsonNode? Present(JsonNode node, string name) => node.Find(name) is { Kind: not JsonKind.Null } found ? found : null;

    private static void CheckName(JsonMember member)
    {
        if (!Names.IsIdentifier(member.Name) || Names.IsReserved(member.Name))
            throw new JsonFault(member.Offset, $"`{member.Name}` is no name for a type", "an identifier");
    }

    private void Attempt(JsonNode node, Action read)
    {
        try
        {
            read();
        }
        catch (JsonFault fault)
        {
            if (errors.Count < CedarLimits.MaxErrors)
                errors.Add(source.ErrorAt(fault.Offset, fault.Message, fault.Expected));
        }
    }
}
