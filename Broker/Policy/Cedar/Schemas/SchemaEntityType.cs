namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>A declared type of entities.</summary>
/// <param name="Attributes">What entities of the type have.</param>
/// <param name="Tags">The type of their tags; <c>null</c> when they may have none.</param>
/// <param name="Ids">The only ids that they may have; <c>null</c> when any will do.</param>
/// <param name="Ancestors">The types of what may stand above them, directly or not.</param>
/// <param name="Position">Where it is declared.</param>
public sealed record SchemaEntityType(
    string Name,
    RecordType Attributes,
    SchemaType? Tags,
    IReadOnlyCollection<string>? Ids,
    IReadOnlySet<string> Ancestors,
    CedarPosition Position);
