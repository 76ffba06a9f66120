using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Entities;

/// <summary>
/// Entities and their hierarchy. Immutable, and safe to use from many threads. A few entities can be laid over a large set without
/// copying it: <see cref="With"/>.
/// </summary>
public sealed class EntitySet
{
    // Below this a walk over the array is faster than a hash table, and cheaper to build for each request.
    private const int LinearLimit = 8;

    private readonly EntitySet? _below;
    private readonly EntityNode[] _nodes;
    private readonly Dictionary<EntityUid, EntityNode>? _index;
    private HashSet<EntityUid>? _undefinedAncestors;

    private EntitySet(EntitySet? below, EntityNode[] nodes)
    {
        _below = below;
        _nodes = nodes;
        Count = nodes.Length + (below?.Count ?? 0);
        if (nodes.Length > LinearLimit)
            _index = nodes.ToDictionary(n => n.Entity.Uid);
    }

    public static EntitySet Empty { get; } = new(null, []);

    public int Count { get; }

    public IEnumerable<CedarEntity> Entities
        => _nodes.Select(n => n.Entity).Concat(_below?.Entities ?? []);

    /// <summary>Makes a set. Faults: two different entities with one name, a cycle, a hierarchy beyond <see cref="CedarLimits.MaxAncestorLinks"/>.</summary>
    public static CedarResult<EntitySet> Create(params IEnumerable<CedarEntity> entities) => Empty.With(entities);

    /// <summary>Reads the JSON format: an array of <c>{"uid", "attrs", "parents", "tags"}</c>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="fileName">The name under which faults are reported.</param>
    public static CedarResult<EntitySet> ParseJson(string json, string fileName = "entities")
        => EntityReader.Read(new JsonSource(fileName, json));

    /// <summary>The set with further entities laid over it; costs what they cost, not what the set below has cost.</summary>
    public CedarResult<EntitySet> With(params IEnumerable<CedarEntity> more)
    {
        var added = new List<EntityNode>();
        Dictionary<EntityUid, EntityNode>? index = null;
        foreach (var entity in more)
        {
            var known = Node(entity.Uid) ?? (index is null ? Find(added, entity.Uid) : index.GetValueOrDefault(entity.Uid));
            if (known is null)
            {
                var node = new EntityNode(entity);
                added.Add(node);
                if (added.Count > LinearLimit)
                    index ??= added.ToDictionary(n => n.Entity.Uid);
                index?.TryAdd(entity.Uid, node);
            }
            else if (!known.Entity.IsSameAs(entity))
            {
                return Fault($"two different entities are named {entity.Uid}");
            }
        }

        // What lies below has been closed without these; where it names one of them as a parent it must be closed again.
        if (_nodes.Length > 0 && added.Exists(n => n.Entity.Parents.Count > 0 && IsNamedAsAncestor(n.Entity.Uid)))
            return Empty.With(Entities.Concat(added.Select(n => n.Entity)).ToArray());
        var set = new EntitySet(_nodes.Length == 0 ? _below : this, [.. added]);
        return Hierarchy.Close(set, added) is { } fault ? Fault(fault) : new CedarResult<EntitySet>(set);
    }

    public CedarEntity? Find(EntityUid uid) => Node(uid)?.Entity;

    /// <summary>Whether the first is the second, or stands anywhere below it.</summary>
    public bool IsIn(EntityUid uid, EntityUid ancestor)
        => uid.Equals(ancestor) || (Node(uid) is { } node && node.Ancestors.Contains(ancestor));

    internal EntityNode? Node(EntityUid uid)
    {
        for (var layer = this; layer is not null; layer = layer._below)
        {
            var node = layer._index is null ? Find(layer._nodes, uid) : layer._index.GetValueOrDefault(uid);
            if (node is not null)
                return node;
        }

        return null;
    }

    // Asked for only when something is laid over the set, and then many times: two threads compute the same.
    private bool IsNamedAsAncestor(EntityUid uid)
    {
        if (_undefinedAncestors is null)
        {
            var undefined = new HashSet<EntityUid>();
            foreach (var entity in Entities)
            {
                foreach (var parent in entity.Parents)
                {
                    if (Node(parent) is null)
                        undefined.Add(parent);
                }
            }

            _undefinedAncestors = undefined;
        }

        return _undefinedAncestors.Contains(uid);
    }

    private static EntityNode? Find(ReadOnlySpan<EntityNode> nodes, EntityUid uid)
    {
        foreach (var node in nodes)
        {
            if (node.Entity.Uid.Equals(uid))
                return node;
        }

        return null;
    }

    private static EntityNode? Find(List<EntityNode> nodes, EntityUid uid)
        => Find(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(nodes), uid);

    private static CedarResult<EntitySet> Fault(string message) => new([new CedarError("entities", 1, 1, message)]);
}
