using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Values;

/// <summary>A reference to an entity, e.g. <c>Workload::"spiffe://example.org/a"</c>.</summary>
/// <param name="type">The entity type with its namespaces, e.g. <c>Acme::User</c>.</param>
/// <param name="id">Any text.</param>
public sealed class EntityUid(string type, string id) : CedarValue, IEquatable<EntityUid>
{
    private readonly int _hash = HashCode.Combine(
        type.GetHashCode(StringComparison.Ordinal),
        id.GetHashCode(StringComparison.Ordinal));

    public string Type { get; } = type;

    public string Id { get; } = id;

    public override string TypeName => "entity";

    public bool Equals(EntityUid? other)
        => ReferenceEquals(this, other)
            || (other is not null
                && other._hash == _hash
                && string.Equals(other.Id, Id, StringComparison.Ordinal)
                && string.Equals(other.Type, Type, StringComparison.Ordinal));

    public override bool Equals(CedarValue? other) => other is EntityUid uid && Equals(uid);

    public override bool Equals(object? obj) => obj is EntityUid uid && Equals(uid);

    public override int GetHashCode() => _hash;

    public override string ToString() => Type + "::" + StringEscapes.Quote(Id);
}
