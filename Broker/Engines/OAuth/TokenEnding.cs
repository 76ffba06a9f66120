using System.Runtime.ExceptionServices;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>Revokes one token of a lease, and looks whether it is gone.</summary>
internal sealed class TokenEnding(AuthorizationServer server, TokenSealing sealing, TokenPlaces places, TokenMemory memory, ServerCalls calls)
{
    /// <summary>At every place, also when one fails.</summary>
    public async Task RevokeAsync(LeaseId lease, TokenHandle handle, CancellationToken cancellationToken)
    {
        var (token, found) = await FindAsync("finding where to revoke", lease, handle, cancellationToken);
        using var opened = token;
        EngineException? failed = null;
        foreach (var place in found)
        {
            try
            {
                await calls.RunAsync("revoking", limit => server.RevokeAsync(place.Revocation, token.Reveal(), limit), cancellationToken);
                if (place.Ends)
                {
                    memory.Revoked(lease, handle);
                }
            }
            catch (EngineException e)
            {
                failed ??= e;
            }
        }

        if (failed is not null)
        {
            ExceptionDispatchInfo.Throw(failed);
        }
    }

    public async Task<(bool Gone, string Seen)> LookAsync(LeaseId lease, TokenHandle handle, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (handle.HasEnded(now))
        {
            return (true, $"token ended by itself at {handle.EndTime:O}");
        }

        var (token, found) = await FindAsync("finding where to look", lease, handle, cancellationToken);
        using var opened = token;
        foreach (var introspection in found.Select(place => place.Introspection).OfType<Uri>().Distinct())
        {
            if (await calls.RunAsync("looking", limit => server.IsActiveAsync(introspection, token.Reveal(), limit), cancellationToken))
            {
                return (false, "the server says that the token is active");
            }
        }

        if (handle.WasActive && found.Any(place => place is { Shows: true, Introspection: not null }))
        {
            return (true, "the server says that the token is not active");
        }

        if (memory.IsRevoked(lease, handle))
        {
            return (true, "the server answered that it revoked the token; it does not tell otherwise");
        }

        return (false, found.Any(place => place.Ends)
            ? "token not revoked yet"
            : $"the server is not asked where, or not by whom, it was asked for the token: what it says is no proof, and the token counts as live until {handle.EndTime:O}");
    }

    private async Task<(Secret Token, IReadOnlyList<TokenPlace> Places)> FindAsync(
        string step, LeaseId lease, TokenHandle handle, CancellationToken cancellationToken)
    {
        var (token, origin) = await calls.RunAsync(step, limit => sealing.OpenAsync(lease, handle, limit).AsTask(), cancellationToken);
        try
        {
            return (token, await calls.RunAsync(step, limit => places.FindAsync(origin, limit), cancellationToken));
        }
        catch
        {
            token.Dispose();
            throw;
        }
    }
}
