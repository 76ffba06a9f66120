using SecretsBroker.Engines.Http;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.OAuth;

/// <summary>Revokes one token of a lease, and looks whether it is gone.</summary>
internal sealed class TokenEnding(AuthorizationServer server, TokenSealing sealing, TokenPlaces places, TokenMemory memory, ApiCalls calls)
{
    private const string NotConfirmed = "; whether the server is asked elsewhere by now is not known, because its metadata could not be read";

    /// <summary>At every place, also when one fails.</summary>
    /// <exception cref="EngineException">The server that is asked by now did not.</exception>
    public async Task RevokeAsync(LeaseId lease, TokenHandle handle, CancellationToken cancellationToken)
    {
        var (token, found) = await FindAsync("finding where to revoke", lease, handle, cancellationToken);
        using var opened = token;
        var revoked = await AskAsync(found, async place =>
        {
            await calls.RunAsync("revoking", limit => server.RevokeAsync(place.Revocation, token.Reveal(), limit), cancellationToken, ShareOf(place));
            return true;
        });
        if (revoked.Any(one => one is { Answer: not null, Place.Ends: true }))
        {
            memory.Revoked(lease, handle);
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
        var seen = await AskAsync(
            found.Where(place => place.Introspection is not null).DistinctBy(place => place.Introspection),
            place => calls.RunAsync(
                "looking", limit => server.IsActiveAsync(place.Introspection!, token.Reveal(), limit), cancellationToken, ShareOf(place)));
        if (seen.Any(one => one.Answer == true))
        {
            return (false, "the server says that the token is active");
        }

        if (seen.Any(one => one.Answer is null))
        {
            return (false, $"the server does not tell where it was asked for the token whether that is active: it counts as live until {handle.EndTime:O}");
        }

        var doubt = found.All(place => place.IsConfirmed) ? "" : NotConfirmed;
        if (handle.WasActive && found.Any(place => place is { Shows: true, Introspection: not null }))
        {
            return (true, $"the server says that the token is not active{doubt}");
        }

        if (memory.IsRevoked(lease, handle))
        {
            return (true, $"the server answered that it revoked the token; it does not tell otherwise{doubt}");
        }

        return (false, found.Any(place => place.Ends)
            ? "token not revoked yet"
            : $"the server is not asked where, or not by whom, it was asked for the token: what it says is no proof, and the token counts as live until {handle.EndTime:O}");
    }

    /// <summary>One that may be gone, and answers nobody, is not waited for as long as the one that counts.</summary>
    private static double ShareOf(TokenPlace place) => place.IsOfToday ? 1 : 0.5;

    /// <summary>All at once: a place that does not answer takes no time from the others.</summary>
    /// <returns>Of each its answer; null of one that has none and need not have (<see cref="TokenPlace.IsOfToday"/>).</returns>
    private static Task<(TokenPlace Place, bool? Answer)[]> AskAsync(IEnumerable<TokenPlace> places, Func<TokenPlace, Task<bool>> ask) =>
        Task.WhenAll(places.Select(async place =>
        {
            try
            {
                return (place, (bool?)await ask(place));
            }
            // It may have had all the time that there is, and then ends as if the caller had given up.
            catch (Exception e) when (!place.IsOfToday && e is (EngineException or OperationCanceledException))
            {
                return (place, null);
            }
        }));

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
