using SecretsBroker.Engines.Encryption;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// Seals a token with its origin, for the lease that it is revoked by and no other. Who can write into the store, and has not the key, neither
/// has the token nor sends the broker elsewhere with it.
/// </summary>
internal sealed class TokenSealing(string target, KeyRing? keys)
{
    /// <exception cref="EngineException">The key cannot be read.</exception>
    public async ValueTask<TokenHandle> SealAsync(LeaseId lease, Secret token, TokenOrigin origin, DateTimeOffset end)
    {
        using var joined = origin.Join(token);
        return TokenHandle.Of(end, await keys!.SealAsync(joined.Memory, ContextOf(lease, hasOrigin: true), CancellationToken.None));
    }

    /// <returns>The token, which whoever asked disposes; and its origin, null where none was kept.</returns>
    /// <exception cref="EngineException">It cannot be opened.</exception>
    public async ValueTask<(Secret Token, TokenOrigin? Origin)> OpenAsync(LeaseId lease, TokenHandle handle, CancellationToken cancellationToken)
    {
        if (keys is null || handle.Sealed is not { } text || !SealedValue.TryParse(text, out var value))
        {
            throw Unreadable();
        }

        var opened = await keys.OpenAsync(value, ContextOf(lease, handle.HasOrigin), cancellationToken);
        if (!handle.HasOrigin)
        {
            return (opened, null);
        }

        using (opened)
        {
            return TokenOrigin.TrySplit(opened, out var origin, out var token) ? (token, origin) : throw Unreadable();
        }
    }

    /// <summary>Another for the two kinds, so that one does not pass for the other.</summary>
    private string ContextOf(LeaseId lease, bool hasOrigin) => $"oauth token {(hasOrigin ? "and origin " : "")}of lease {lease} at target {target}";

    private static EngineException Unreadable() => new("what is kept of the token cannot be read", isTransient: false);
}
