using SecretsBroker.Policy.Cedar.Schemas.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

/// <summary>What all parts of a schema declare, by full name; finds what a name refers to.</summary>
internal sealed class NameTable
{
    private readonly ErrorList _errors;

    public NameTable(IEnumerable<NamespaceSyntax> namespaces, ErrorList errors)
    {
        _errors = errors;
        foreach (var space in namespaces)
            Declare(space);
        CheckShadowing();
        foreach (var (name, type) in SchemaNames.Builtin)
        {
            Builtin[$"{SchemaNames.Own}::{name}"] = type;
            if (!Entities.ContainsKey(name) && !CommonTypes.ContainsKey(name))
                Builtin[name] = type;
        }
    }

    public Dictionary<string, (NamespaceSyntax Space, EntitySyntax Syntax)> Entities { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, (NamespaceSyntax Space, CommonTypeSyntax Syntax)> CommonTypes { get; } = new(StringComparer.Ordinal);

    public Dictionary<EntityUid, (NamespaceSyntax Space, ActionSyntax Syntax)> Actions { get; } = [];

    public Dictionary<string, SchemaType> Builtin { get; } = new(StringComparer.Ordinal);

    private HashSet<string> ActionTypes { get; } = new(StringComparer.Ordinal);

    /// <summary>The full name that a name in a namespace refers to: something there, else something in no namespace.</summary>
    public string? Resolve(NamespaceSyntax space, string name, NameKind kind)
    {
        foreach (var candidate in Candidates(space, name))
        {
            if (kind.HasFlag(NameKind.Common) && (CommonTypes.ContainsKey(candidate) || Builtin.ContainsKey(candidate)))
                return candidate;
            if (kind.HasFlag(NameKind.Entity) && (Entities.ContainsKey(candidate) || ActionTypes.Contains(candidate)))
                return candidate;
        }

        return null;
    }

    public EntityUid? Resolve(NamespaceSyntax space, ActionReferenceSyntax reference)
    {
        foreach (var type in Candidates(space, reference.Type ?? "Action"))
        {
            var uid = new EntityUid(type, reference.Id);
            if (Actions.ContainsKey(uid))
                return uid;
        }

        return null;
    }

    private static IEnumerable<string> Candidates(NamespaceSyntax space, string name)
        => space.Name.Length == 0 || name.Contains("::", StringComparison.Ordinal) ? [name] : [space.Qualify(name), name];

    private void Declare(NamespaceSyntax space)
    {
        foreach (var entity in space.Entities)
        {
            if (entity.Name == "Action")
                _errors.Add(entity.Position, "`Action` is the type of actions and cannot be declared");
            if (!Entities.TryAdd(space.Qualify(entity.Name), (space, entity)))
                _errors.Add(entity.Position, $"the entity type `{space.Qualify(entity.Name)}` is declared twice");
        }

        foreach (var type in space.CommonTypes)
        {
            if (!CommonTypes.TryAdd(space.Qualify(type.Name), (space, type)))
                _errors.Add(type.Position, $"the type `{space.Qualify(type.Name)}` is declared twice");
        }

        foreach (var action in space.Actions)
        {
            var uid = new EntityUid(space.Qualify("Action"), action.Id);
            ActionTypes.Add(uid.Type);
            if (!Actions.TryAdd(uid, (space, action)))
                _errors.Add(action.Position, $"the action {uid} is declared twice");
        }
    }

    // A name in a namespace may not hide one that stands in none: which of them is meant would depend on the place.
    private void CheckShadowing()
    {
        var types = Entities.Select(e => (Full: e.Key, e.Value.Space, e.Value.Syntax.Name, e.Value.Syntax.Position))
            .Concat(CommonTypes.Select(t => (Full: t.Key, t.Value.Space, t.Value.Syntax.Name, t.Value.Syntax.Position)));
        foreach (var (full, space, name, position) in types)
        {
            if (space.Name.Length > 0 && (Entities.ContainsKey(name) || CommonTypes.ContainsKey(name)))
                _errors.Add(position, $"`{full}` hides `{name}`");
        }

        foreach (var (uid, (space, syntax)) in Actions)
        {
            if (space.Name.Length > 0 && Actions.ContainsKey(new EntityUid("Action", syntax.Id)))
                _errors.Add(syntax.Position, $"{uid} hides Action::\"{syntax.Id}\"");
        }
    }
}
