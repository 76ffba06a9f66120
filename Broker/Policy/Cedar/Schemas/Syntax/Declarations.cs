namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <param name="Name">Empty for what stands in no namespace.</param>
internal sealed record NamespaceSyntax(
    string Name,
    IReadOnlyList<CommonTypeSyntax> CommonTypes,
    IReadOnlyList<EntitySyntax> Entities,
    IReadOnlyList<ActionSyntax> Actions)
{
    public string Qualify(string name) => Name.Length == 0 ? name : $"{Name}::{name}";
}

internal sealed record CommonTypeSyntax(string Name, TypeSyntax Type, CedarPosition Position);

internal sealed record EntitySyntax(
    string Name,
    IReadOnlyList<ReferenceSyntax> Parents,
    TypeSyntax? Attributes,
    TypeSyntax? Tags,
    IReadOnlyList<string>? Ids,
    CedarPosition Position);

internal sealed record ActionSyntax(
    string Id,
    IReadOnlyList<ActionReferenceSyntax> Parents,
    IReadOnlyList<ReferenceSyntax> Principals,
    IReadOnlyList<ReferenceSyntax> Resources,
    TypeSyntax? Context,
    CedarPosition Position);

/// <summary>The name of an entity type.</summary>
internal sealed record ReferenceSyntax(string Name, CedarPosition Position);

/// <param name="Type"><c>null</c> when only the id was written.</param>
internal sealed record ActionReferenceSyntax(string? Type, string Id, CedarPosition Position);
