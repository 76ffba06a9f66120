namespace SecretsBroker.Policy.Cedar.Entities;

/// <summary>An entity in a set, with everything above it.</summary>
internal sealed class EntityNode(CedarEntity entity)
{
    public CedarEntity Entity { get; } = entity;

    public UidSet Ancestors { get; set; } = UidSet.Empty;

    public VisitState State { get; set; }

    internal enum VisitState
    {
        New,
        Open,
        Done,
    }
}
