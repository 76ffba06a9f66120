using SecretsBroker.Engines;

namespace SecretsBroker.Reconciliation.Signers;

/// <summary>
/// Who signed the credentials of active leases, and whether it is still there: a key may have been replaced, or lost, while no broker ran. Of a lease
/// whose signer is not known, because it is older than handles that say so, nothing is said.
/// </summary>
internal sealed class LeaseSigners(LeaseCover cover, TargetEngines engines)
{
    /// <summary>By target; targets whose engines sign nothing are left out.</summary>
    public IReadOnlyDictionary<string, IReadOnlyCollection<string>> ReadKnown() =>
        Signing().ToDictionary(one => one.Target, one => one.Engine.ReadSigners());

    /// <summary>What is the matter with those leases of a target whose signer is not there, and what helps.</summary>
    public string MeaningAt(string target) => Signing().FirstOrDefault(one => one.Target == target).Engine?.LostSigner ?? "";

    /// <returns>How many active leases of each such target were signed by somebody else.</returns>
    /// <exception cref="Leases.StoreException">The leases cannot be read.</exception>
    public async Task<IReadOnlyDictionary<string, int>> CountLostAsync(CancellationToken cancellationToken)
    {
        var targets = Signing().Select(one => one.Target).ToHashSet();
        var signed = targets.ToDictionary(target => target, _ => new Dictionary<string, int>());
        if (targets.Count > 0)
        {
            await foreach (var lease in cover.ReadActiveAsync(cancellationToken))
            {
                if (signed.TryGetValue(lease.Target, out var counts) && DenyListing.SignerOf(lease) is { } signer)
                {
                    counts[signer] = counts.GetValueOrDefault(signer) + 1;
                }
            }
        }

        // Only now: a key that came meanwhile may have signed some of them.
        var known = ReadKnown();
        return signed.ToDictionary(target => target.Key, target => target.Value.Where(one => !known[target.Key].Contains(one.Key)).Sum(one => one.Value));
    }

    private IEnumerable<(string Target, ISigningEngine Engine)> Signing() =>
        from engine in engines.All
        let signing = engine.Engine as ISigningEngine
        where signing is not null
        select (engine.Target.Name, signing);
}
