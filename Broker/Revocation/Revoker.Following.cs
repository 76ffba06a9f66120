using SecretsBroker.Leases;

namespace SecretsBroker.Revocation;

/// <summary>For callers that want to know what came of it: the sweep, here or at another broker, may have been a moment faster.</summary>
internal sealed partial class Revoker
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(500);

    /// <summary>Revokes one lease; where somebody else has claimed it, waits until they have proven it gone. Never throws.</summary>
    /// <param name="lease">As the caller has just seen it.</param>
    /// <param name="cancellationToken">Ends the wait, not the revocation.</param>
    /// <returns>The lease as it was last seen; null when the token ended the wait, or the store could not be asked.</returns>
    public async Task<Lease?> RevokeOrFollowAsync(Lease lease, CancellationToken cancellationToken)
    {
        var id = lease.Id;
        if (lease.State is LeaseState.Revoked)
        {
            return lease;
        }

        if (await Track(ClaimAndRevokeAsync(id, lease.Target)) is { } seen)
        {
            return seen;
        }

        try
        {
            for (var delay = FirstLook; ; delay = delay * 2 < LastLook ? delay * 2 : LastLook)
            {
                await Task.Delay(delay, _time, cancellationToken);
                if (await _store.FindLeaseAsync(id, cancellationToken) is { GoneTime: not null } gone)
                {
                    return gone;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e)
        {
            LogStoreFailed("follow", id, Describe(e));
            _metrics.StoreFailed("follow");
            return null;
        }
    }
}
