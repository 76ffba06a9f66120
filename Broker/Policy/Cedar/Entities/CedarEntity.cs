using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Entities;

/// <summary>An entity with what is known about it.</summary>
public sealed class CedarEntity(
    EntityUid uid,
    CedarRecord? attributes = null,
    IReadOnlyCollection<EntityUid>? parents = null,
    CedarRecord? tags = null)
{
    public EntityUid Uid { get; } = uid;

    public CedarRecord Attributes { get; } = attributes ?? CedarRecord.Empty;

    public IReadOnlyCollection<EntityUid> Parents { get; } = parents ?? [];

    public CedarRecord Tags { get; } = tags ?? CedarRecord.Empty;

    public override string ToString() => Uid.ToString();

    internal bool IsSameAs(CedarEntity other)
        => Uid.Equals(other.Uid)
            && Attributes.Equals(other.Attributes)
            && Tags.Equals(other.Tags)
            && Parents.ToHashSet().SetEquals(other.Parents);
}
