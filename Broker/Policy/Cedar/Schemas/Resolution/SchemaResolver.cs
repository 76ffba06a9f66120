using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Schemas.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

/// <summary>Makes a schema of what its parts declare: every name resolved, every hierarchy closed.</summary>
internal sealed class SchemaResolver(IReadOnlyList<NamespaceSyntax> namespaces, List<CedarError> found)
{
    private readonly ErrorList _errors = new(found);

    public CedarResult<CedarSchema> Resolve()
    {
        var names = new NameTable(namespaces, _errors);
        if (!SchemaSize.IsWithinLimits(names, _errors))
            return new(InOrder(found));
        var types = new TypeResolver(names, _errors);
        var commonTypes = types.ResolveAll();
        var ancestors = Ancestors(names);
        var entities = new Dictionary<string, SchemaEntityType>(StringComparer.Ordinal);
        foreach (var (name, (space, syntax)) in names.Entities)
        {
            entities[name] = new SchemaEntityType(
                name,
                types.ResolveRecord(space, syntax.Attributes, $"the shape of `{name}`"),
                syntax.Tags is null ? null : types.Resolve(space, syntax.Tags),
                syntax.Ids?.ToHashSet(StringComparer.Ordinal),
                ancestors[name],
                syntax.Position);
        }

        var groups = ActionEntities(names);
        var actions = new Dictionary<EntityUid, SchemaAction>();
        foreach (var (uid, (space, syntax)) in names.Actions)
        {
            actions[uid] = new SchemaAction(
                uid,
                AppliesTo(names, space, syntax.Principals),
                AppliesTo(names, space, syntax.Resources),
                types.ResolveRecord(space, syntax.Context, $"the context of {uid}"),
                groups.Node(uid)?.Ancestors.Items.ToArray().ToHashSet() ?? [],
                syntax.Position);
        }

        return found.Count > 0 ? new(InOrder(found)) : new(new CedarSchema(commonTypes, entities, actions, groups));
    }

    // They were found name by name; a reader wants them from top to bottom.
    private static CedarError[] InOrder(List<CedarError> errors)
        => [.. errors.OrderBy(e => e.File, StringComparer.Ordinal).ThenBy(e => e.Line).ThenBy(e => e.Column)];

    private List<string> AppliesTo(NameTable names, NamespaceSyntax space, IReadOnlyList<ReferenceSyntax> references)
    {
        var types = new List<string>();
        foreach (var reference in references)
        {
            if (EntityType(names, space, reference) is { } type && !types.Contains(type, StringComparer.Ordinal))
                types.Add(type);
        }

        return types;
    }

    private string? EntityType(NameTable names, NamespaceSyntax space, ReferenceSyntax reference)
    {
        var type = names.Resolve(space, reference.Name, NameKind.Entity);
        if (type is not null && names.Entities.ContainsKey(type))
            return type;
        _errors.Add(reference.Position, $"there is no entity type `{reference.Name}`");
        return null;
    }

    // Types may stand above each other in a circle; entities may not.
    private Dictionary<string, HashSet<string>> Ancestors(NameTable names)
    {
        var parents = names.Entities.ToDictionary(
            e => e.Key, e => ParentsOf(names, e.Value.Space, e.Value.Syntax), StringComparer.Ordinal);
        if (Hierarchies.Close(parents) is { } closed)
            return closed;
        _errors.Add(default, $"the types have more than {CedarLimits.MaxSchemaLinks} pairs of type and ancestor");
        return parents.Keys.ToDictionary(name => name, _ => new HashSet<string>(), StringComparer.Ordinal);
    }

    private IReadOnlyCollection<string> ParentsOf(NameTable names, NamespaceSyntax space, EntitySyntax entity)
        => [.. entity.Parents.Select(parent => EntityType(names, space, parent)).OfType<string>()];

    private EntitySet ActionEntities(NameTable names)
    {
        var entities = new List<CedarEntity>();
        foreach (var (uid, (space, syntax)) in names.Actions)
        {
            var parents = new List<EntityUid>();
            foreach (var reference in syntax.Parents)
            {
                if (names.Resolve(space, reference) is { } parent)
                    parents.Add(parent);
                else
                    _errors.Add(reference.Position, $"there is no action `{reference.Id}`");
            }

            entities.Add(new CedarEntity(uid, parents: parents));
        }

        if (Hierarchies.Close(entities.ToDictionary(action => action.Uid, action => action.Parents)) is null)
        {
            _errors.Add(default, $"the actions have more than {CedarLimits.MaxSchemaLinks} pairs of action and ancestor");
            return EntitySet.Empty;
        }

        var set = EntitySet.Create(entities);
        foreach (var error in set.Errors)
            _errors.Add(names.Actions.First().Value.Syntax.Position, "among the actions, " + error.Message);
        return set.Value ?? EntitySet.Empty;
    }
}
