using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>Ending credentials that cannot be taken back: they are listed as revoked until nobody accepts them any more.</summary>
internal sealed class DenyListing(string target, IDenyList list, TimeProvider time)
{
    /// <summary>How long after its end a credential stays listed: verifiers' clocks may be late, some by a library's five minutes.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Lists a lease until its credential has ended. What was never made is listed just the same, because nobody may know: no
    /// credential of a lease is made to live longer than the lease's end.
    /// </summary>
    public async ValueTask AddAsync(Lease lease, CancellationToken cancellationToken) =>
        await Guarded(
            async () =>
            {
                await list.AddAsync(target, lease.Id, EndOf(lease), cancellationToken);
                return true;
            },
            cancellationToken);

    public ValueTask<DenyListEntry?> FindAsync(Lease lease, CancellationToken cancellationToken) =>
        Guarded(() => list.FindAsync(target, lease.Id, cancellationToken), cancellationToken);

    public ValueTask<long> ReadVersionAsync(CancellationToken cancellationToken) =>
        Guarded(() => list.ReadVersionAsync(target, cancellationToken), cancellationToken);

    public ValueTask<DenyListSnapshot> ReadAsync(CancellationToken cancellationToken) =>
        Guarded(() => list.ReadAsync(target, cancellationToken), cancellationToken);

    /// <summary>Whether the credential has ended by itself, for the slowest verifier too.</summary>
    public bool HasEnded(Lease lease) => time.GetUtcNow() >= EndOf(lease);

    private static DateTimeOffset EndOf(Lease lease) => lease.ExpireTime + Leeway;

    private async ValueTask<T> Guarded<T>(Func<ValueTask<T>> step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await step();
        }
        catch (StoreException e)
        {
            throw new EngineException($"the deny list of target {target} cannot be reached", e.IsTransient, e);
        }
    }
}
