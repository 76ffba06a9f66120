using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Entities;

/// <summary>Finds everything that stands above each entity.</summary>
internal static class Hierarchy
{
    /// <summary>Gives the new nodes of the set their ancestors; says what is wrong with the hierarchy, if anything is.</summary>
    public static string? Close(EntitySet set, List<EntityNode> added)
    {
        long links = 0;
        var open = new Stack<EntityNode>();
        foreach (var start in added)
        {
            // A stack of its own: a chain of entities may be longer than the thread's stack is deep.
            open.Push(start);
            while (open.TryPeek(out var node))
            {
                if (node.State == EntityNode.VisitState.New)
                {
                    node.State = EntityNode.VisitState.Open;
                    if (PushParents(set, node, open) is { } cycle)
                        return $"{cycle} is above itself";
                    continue;
                }

                open.Pop();
                if (node.State == EntityNode.VisitState.Done)
                    continue;
                node.State = EntityNode.VisitState.Done;
                node.Ancestors = AncestorsOf(set, node.Entity);
                links += node.Ancestors.Items.Length;
                if (links > CedarLimits.MaxAncestorLinks)
                    return $"the hierarchy has more than {CedarLimits.MaxAncestorLinks} pairs of entity and ancestor";
            }
        }

        return null;
    }

    private static EntityUid? PushParents(EntitySet set, EntityNode node, Stack<EntityNode> open)
    {
        foreach (var uid in node.Entity.Parents)
        {
            var parent = set.Node(uid);
            if (parent is { State: EntityNode.VisitState.Open })
                return uid;
            if (parent is { State: EntityNode.VisitState.New })
                open.Push(parent);
        }

        return null;
    }

    private static UidSet AncestorsOf(EntitySet set, CedarEntity entity)
    {
        if (entity.Parents.Count == 0)
            return UidSet.Empty;
        var ancestors = new HashSet<EntityUid>();
        foreach (var uid in entity.Parents)
        {
            ancestors.Add(uid);
            if (set.Node(uid) is not { } parent)
                continue;
            foreach (var above in parent.Ancestors.Items)
                ancestors.Add(above);
        }

        return UidSet.Of(ancestors);
    }
}
