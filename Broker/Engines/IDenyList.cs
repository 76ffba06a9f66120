using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>
/// What has been revoked and must be published until it would have ended by itself. Kept by the lease store, so that every
/// broker publishes the same. Failures are <see cref="StoreException"/>s.
/// </summary>
internal interface IDenyList
{
    /// <summary>Adds a lease to a target's list, until <paramref name="until"/>. Repeating it changes nothing; an instant that is over adds nothing.</summary>
    ValueTask AddAsync(string target, LeaseId lease, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>The entry of one lease; null when it is not on the list, or its time is over. Its cost does not grow with the list.</summary>
    ValueTask<DenyListEntry?> FindAsync(string target, LeaseId lease, CancellationToken cancellationToken);

    /// <summary>The version of the list as it now is; zero when nothing was ever added. Its cost does not grow with the list.</summary>
    ValueTask<long> ReadVersionAsync(string target, CancellationToken cancellationToken);

    /// <summary>The list as it now is; entries whose time is over are left out.</summary>
    ValueTask<DenyListSnapshot> ReadAsync(string target, CancellationToken cancellationToken);
}

/// <param name="Version">
/// Grows with each entry; equal versions mean equal entries but for those that timed out. Not less than the milliseconds of the store's clock when
/// the latest came, so that this holds for a list that was set back as well.
/// </param>
/// <param name="Entries">In no particular order.</param>
internal sealed record DenyListSnapshot(long Version, IReadOnlyList<DenyListEntry> Entries);

internal readonly record struct DenyListEntry(LeaseId Lease, DateTimeOffset RevokeTime, DateTimeOffset Until);
