namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>A type that was given a name.</summary>
/// <param name="Position">Where it is declared.</param>
public sealed record SchemaCommonType(string Name, SchemaType Type, CedarPosition Position);
