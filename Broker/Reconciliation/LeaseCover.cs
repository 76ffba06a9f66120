using System.Runtime.CompilerServices;
using SecretsBroker.Leases;

namespace SecretsBroker.Reconciliation;

/// <summary>What the store says of leases whose names were found at a target.</summary>
internal sealed class LeaseCover(ILeaseStore store)
{
    private const int PageSize = 500;
    private const int AtOnce = 64;

    /// <summary>The active leases at a target, of all shards.</summary>
    public async Task<Dictionary<LeaseId, Lease>> ListActiveAsync(string target, CancellationToken cancellationToken)
    {
        var active = new Dictionary<LeaseId, Lease>();
        await foreach (var lease in ReadActiveAsync(cancellationToken))
        {
            if (lease.Target == target)
            {
                active[lease.Id] = lease;
            }
        }

        return active;
    }

    /// <summary>The active leases of all shards, read page by page: those that are active all the while are among them.</summary>
    public async IAsyncEnumerable<Lease> ReadActiveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < store.ShardCount; shard++)
        {
            string? cursor = null;
            do
            {
                var page = await store.ListLiveAsync(shard, cursor, PageSize, cancellationToken);
                foreach (var (lease, _) in page.Leases)
                {
                    if (lease.State == LeaseState.Active)
                    {
                        yield return lease;
                    }
                }

                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }
    }

    /// <summary>
    /// Those that no lease covers: the store does not know them, or knows that they were proven gone. One that is being issued or revoked covers
    /// what is there, whichever target it names: two targets may be the same server.
    /// </summary>
    public async Task<IReadOnlyList<LeaseId>> WithoutLeaseAsync(IEnumerable<LeaseId> ids, CancellationToken cancellationToken)
    {
        var without = new List<LeaseId>();
        foreach (var some in ids.Chunk(AtOnce))
        {
            var leases = await Task.WhenAll(some.Select(id => store.FindLeaseAsync(id, cancellationToken).AsTask()));
            without.AddRange(some.Zip(leases).Where(found => found.Second is null or { State: LeaseState.Revoked }).Select(found => found.First));
        }

        return without;
    }

    public async Task<bool> IsActiveAsync(LeaseId id, CancellationToken cancellationToken) =>
        await store.FindLeaseAsync(id, cancellationToken) is { State: LeaseState.Active };
}
