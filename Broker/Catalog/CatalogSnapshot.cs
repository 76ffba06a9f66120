using System.Collections.Frozen;

namespace SecretsBroker.Catalog;

/// <summary>One checked catalogue, as a whole. Never changes.</summary>
internal sealed class CatalogSnapshot
{
    private readonly FrozenDictionary<string, Target> _targets;
    private readonly FrozenDictionary<string, Grant> _grants;
    private readonly FrozenDictionary<(string Action, string Resource), Grant[]> _byIntent;

    /// <param name="targets">With unique names.</param>
    /// <param name="grants">With unique names, and at most one per action, resource and engine type.</param>
    /// <param name="hash">SHA-256 of its sources, hexadecimal.</param>
    public CatalogSnapshot(IReadOnlyList<Target> targets, IReadOnlyList<Grant> grants, string hash)
    {
        _targets = targets.ToFrozenDictionary(target => target.Name);
        _grants = grants.ToFrozenDictionary(grant => grant.Name);
        _byIntent = grants
            .GroupBy(grant => (grant.Action, grant.Resource))
            .ToFrozenDictionary(group => group.Key, group => group.ToArray());
        Hash = hash;
    }

    public static CatalogSnapshot Empty { get; } = new([], [], "");

    public string Hash { get; }

    public IReadOnlyCollection<Target> Targets => _targets.Values;

    public IReadOnlyCollection<Grant> Grants => _grants.Values;

    public Target? FindTarget(string name) => _targets.GetValueOrDefault(name);

    public Grant? FindGrant(string name) => _grants.GetValueOrDefault(name);

    /// <summary>The grant of that name, if it still is what it was: a catalogue may have given the name to another one since.</summary>
    public Grant? FindGrant(string name, string action, string resource, string engine, string target) =>
        FindGrant(name) is { } grant
        && grant.Action == action && grant.Resource == resource && grant.Engine == engine && grant.Target == target
            ? grant
            : null;

    /// <summary>The grants that could serve an intent.</summary>
    /// <param name="action">The intended action.</param>
    /// <param name="resource">The intended resource.</param>
    /// <param name="engine">The engine type that the caller wants; empty for any.</param>
    public IReadOnlyList<Grant> FindGrants(string action, string resource, string engine)
    {
        var all = _byIntent.GetValueOrDefault((action, resource)) ?? [];
        return engine.Length == 0 ? all : Array.FindAll(all, grant => grant.Engine == engine);
    }
}
