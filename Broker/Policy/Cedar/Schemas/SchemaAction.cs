using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas;

/// <summary>A declared action.</summary>
/// <param name="Principals">Types of those who may be asked about; none for a mere group of actions.</param>
/// <param name="Resources">Types of what it may be done to.</param>
/// <param name="Context">The type of the context.</param>
/// <param name="Ancestors">The groups it is in, directly or not.</param>
/// <param name="Position">Where it is declared.</param>
public sealed record SchemaAction(
    EntityUid Uid,
    IReadOnlyList<string> Principals,
    IReadOnlyList<string> Resources,
    RecordType Context,
    IReadOnlySet<EntityUid> Ancestors,
    CedarPosition Position);
