using SecretsBroker.Engines.Jwt;
using SecretsBroker.Leases;

namespace SecretsBroker.Introspection;

/// <summary>
/// Whether an access token is good at this moment. Its lease is asked for first, which ends before anything is listed as revoked; then the
/// list, which holds what a store that was set back may have forgotten.
/// </summary>
internal sealed class TokenInquiry(ILeaseStore store)
{
    /// <returns>The token; null when it is not good, for whatever reason.</returns>
    /// <exception cref="BrokerException">It is not known: the store cannot be asked.</exception>
    public async ValueTask<IssuedToken?> FindActiveAsync(JwtEngine engine, string target, string text, CancellationToken cancellationToken)
    {
        if (engine.ReadToken(text) is not { } token
            || await FindLeaseAsync(token, target, cancellationToken) is not { State: LeaseState.Active } lease)
        {
            return null;
        }

        var now = await store.GetTimeAsync(cancellationToken);
        return now < lease.ExpireTime && now < token.ExpireTime && !await engine.IsListedAsync(lease, cancellationToken) ? token : null;
    }

    /// <summary>The lease that a token was issued under; null when there is none at this target, so that a key alone makes no good token.</summary>
    public async ValueTask<Lease?> FindLeaseAsync(IssuedToken token, string target, CancellationToken cancellationToken) =>
        await store.FindLeaseAsync(token.Lease, cancellationToken) is { Engine: JwtEngineType.TypeName } lease && lease.Target == target
            ? lease
            : null;
}
