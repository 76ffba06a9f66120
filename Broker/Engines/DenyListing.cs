using System.Globalization;
using SecretsBroker.Catalog;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>Ending credentials that cannot be taken back: they are listed as revoked until nobody accepts them any more.</summary>
internal sealed class DenyListing(string target, IDenyList list, TimeProvider time)
{
    /// <summary>How long after its end a credential stays listed: verifiers' clocks may be late, some by a library's five minutes.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromMinutes(5);

    private const char SignerMark = '.';

    /// <summary>The handle of a credential whose end is signed: the lease's may be brought forward afterwards, this one stays.</summary>
    public static string HandleOf(DateTimeOffset signedEnd) =>
        signedEnd.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc cref="HandleOf(DateTimeOffset)"/>
    /// <param name="signedEnd">When it ends.</param>
    /// <param name="signer">Who signed it, where only that one's list says anything about it.</param>
    public static string HandleOf(DateTimeOffset signedEnd, string signer) => $"{HandleOf(signedEnd)}{SignerMark}{signer}";

    /// <summary>Who signed a lease's credential; null when that is not known.</summary>
    public static string? SignerOf(Lease lease) =>
        lease.Handle.IndexOf(SignerMark) is var mark and >= 0 ? lease.Handle[(mark + 1)..] : null;

    /// <summary>Lists a lease until its credential has ended. What was never made is listed just the same, because nobody may know.</summary>
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

    private static DateTimeOffset EndOf(Lease lease)
    {
        var signed = SignedEndOf(lease);
        return (signed > lease.ExpireTime ? signed : lease.ExpireTime) + Leeway;
    }

    // Where its issuer has not told: a lease beneath a delegation may have been cut after the credential was signed, and bounds it no more.
    private static DateTimeOffset SignedEndOf(Lease lease) =>
        KeptTime.ReadMilliseconds(lease.Handle.Split(SignerMark)[0])
        ?? (lease.Delegation is null ? lease.ExpireTime : lease.CreateTime + Grant.LongestTimeToLive);

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
