using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The way out for most roles, those that have neither sessions nor belongings when they end: many in one transaction. It keeps the order of
/// <see cref="RoleRemoval"/>, which is for all others.
/// </summary>
internal sealed class IdleRoleRemoval
{
    private readonly PostgresConnections _connections;
    private readonly Gathering<LeaseRole, bool> _gathering;

    public IdleRoleRemoval(PostgresConnections connections, GatheringLimits limits, TimeProvider time)
    {
        _connections = connections;
        _gathering = new Gathering<LeaseRole, bool>(limits.Lanes, limits.Width, time, RemoveAsync);
    }

    /// <returns>Whether role and sessions are gone.</returns>
    public async Task<bool> TryRemoveAsync(LeaseRole role, CallLimit limit)
    {
        try
        {
            return await _gathering.RunAsync(role, limit);
        }
        catch (PostgresException e) when (
            PostgresFailure.IsLockTaken(e) || e.SqlState is PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.DependentObjectsStillExist)
        {
            // Somebody issues or revokes the same lease, or its role came into something at this moment.
            return false;
        }
    }

    private async Task<IReadOnlyList<bool>> RemoveAsync(IReadOnlyList<LeaseRole> roles, CallLimit limit)
    {
        var (names, keys) = (roles.Select(role => role.Name).ToArray(), roles.Select(role => role.LockKey).ToArray());
        await using var connection = await _connections.OpenAsync(Pool.Revoke, limit.Token);
        // A commit of its own: only then no new session can come up behind the look for sessions.
        await connection.RunAsync(limit, Sql.DoNotWaitForDisk(), Sql.TryLock(keys), Sql.ForbidLogins(names));
        var rows = await connection.RunAsync(
            limit, Sql.TryLock(keys), Sql.DropIdle(names), Sql.Remains(names, roles.Select(role => role.Oid)));
        return [.. rows.Select(row => !(bool)row[0])];
    }
}
