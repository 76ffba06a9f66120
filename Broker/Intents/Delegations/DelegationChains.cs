using SecretsBroker.Leases;

namespace SecretsBroker.Intents.Delegations;

/// <summary>Reads chains as they are, and counts what is done under them.</summary>
internal sealed class DelegationChains(ILeaseStore store, IDelegationStore delegations)
{
    /// <summary>Null when there is no such delegation.</summary>
    public async Task<ChainState?> ReadAsync(DelegationId id, CancellationToken cancellationToken)
    {
        if (await delegations.FindDelegationAsync(id, cancellationToken) is not { } last)
        {
            return null;
        }

        // All questions are sent before the first answer is waited for.
        var links = last.Chain.Links;
        var above = links.Take(links.Count - 1)
            .Select(link => delegations.FindDelegationAsync(link.Delegation, cancellationToken).AsTask())
            .ToList();
        var tasks = links.Select(link => store.FindTaskAsync(link.Task, cancellationToken).AsTask()).ToList();
        return new ChainState(last.Chain, [.. await Task.WhenAll(above), last], await Task.WhenAll(tasks));
    }

    /// <summary>
    /// Counts a use of each delegation of the chain, the nearest first, so that one that has used up its own takes nothing from those
    /// above it. What was counted before a refusal or a crash stays counted: a use may be wasted and is never gained.
    /// </summary>
    public async Task<UseDelegationStatus> UseAsync(DelegationChain chain, string use, CancellationToken cancellationToken)
    {
        foreach (var link in chain.Links.Reverse())
        {
            var status = await delegations.UseDelegationAsync(link.Delegation, use, cancellationToken);
            if (status != UseDelegationStatus.Used)
            {
                return status;
            }
        }

        return UseDelegationStatus.Used;
    }

    /// <summary>
    /// Whether a lease that is written down lies within its chain. Asked after it was: a change of the chain that this does not see comes
    /// later, and finds the lease.
    /// </summary>
    public async Task<bool> HoldsAsync(Lease lease, string taskPurpose, CancellationToken cancellationToken) =>
        lease.Delegation is not { } chain
        || (await ReadAsync(chain.Id, cancellationToken) is { } state
            && lease.MaxExpireTime <= state.Latest
            && state.FaultOf(lease, taskPurpose, await store.GetTimeAsync(cancellationToken)) == DelegationFault.None);
}
