namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

/// <summary>A type as it was written.</summary>
internal abstract record TypeSyntax(CedarPosition Position);

/// <summary>A type that needs no resolving.</summary>
internal sealed record KnownTypeSyntax(SchemaType Type, CedarPosition Position) : TypeSyntax(Position);

/// <summary>A name that means a common type, an entity type, or whichever of them there is.</summary>
internal sealed record NamedTypeSyntax(string Name, NameKind Kind, CedarPosition Position) : TypeSyntax(Position);

internal sealed record SetTypeSyntax(TypeSyntax Element, CedarPosition Position) : TypeSyntax(Position);

internal sealed record RecordTypeSyntax(IReadOnlyList<FieldSyntax> Fields, CedarPosition Position) : TypeSyntax(Position);

internal sealed record FieldSyntax(string Name, TypeSyntax Type, bool IsRequired);

[Flags]
internal enum NameKind
{
    Common = 1,
    Entity = 2,
    Either = Common | Entity,
}
