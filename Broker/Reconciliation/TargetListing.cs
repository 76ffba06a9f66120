using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>
/// What a target's list comes to, page by page. An engine may list millions that it made up: of what no lease covers no more is kept, and the store
/// asked for no more, than a pass can do something about.
/// </summary>
/// <param name="active">The active leases, as they were before the first page.</param>
/// <param name="cover">Says what covers the others.</param>
/// <param name="maxOrphans">Once so many are found that no lease covers, no more are looked for.</param>
internal sealed class TargetListing(IReadOnlyDictionary<LeaseId, Lease> active, LeaseCover cover, int maxOrphans)
{
    private readonly HashSet<LeaseId> _covered = [];
    private readonly HashSet<LeaseId> _orphans = [];
    private readonly HashSet<LeaseId> _parts = [];
    private int _beyond;

    /// <summary>All that was listed.</summary>
    public int Count => _covered.Count + _orphans.Count + _beyond;

    /// <summary>What no lease covers, as far as it was looked for.</summary>
    public IReadOnlyCollection<LeaseId> Orphans => _orphans;

    /// <summary>The active leases of which not all was listed.</summary>
    public IEnumerable<LeaseId> Unseen => active.Keys.Where(lease => !_covered.Contains(lease) || _parts.Contains(lease));

    /// <param name="leases">Those of a page that carry the installation's mark.</param>
    /// <param name="parts">Those of which only a part exists.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task AddAsync(IEnumerable<LeaseId> leases, IEnumerable<LeaseId> parts, CancellationToken cancellationToken)
    {
        _parts.UnionWith(parts.Where(active.ContainsKey));
        var page = leases.Distinct().ToLookup(active.ContainsKey);
        _covered.UnionWith(page[true]);
        var unknown = page[false].Where(lease => !_covered.Contains(lease) && !_orphans.Contains(lease)).ToArray();
        if (_orphans.Count >= maxOrphans)
        {
            _beyond += unknown.Length;
            return;
        }

        _orphans.UnionWith(await cover.WithoutLeaseAsync(unknown, cancellationToken));
        _covered.UnionWith(unknown.Where(lease => !_orphans.Contains(lease)));
    }
}
