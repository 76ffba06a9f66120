using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The way out for most roles, those that have neither sessions nor belongings when they end: many in one transaction. All others are for
/// <see cref="RoleRemoval"/>.
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
        var names = roles.Select(role => role.Name).ToArray();
        var keys = roles.Select(role => role.LockKey).ToArray();
        var oids = roles.Select(role => role.Oid).ToArray();
        await using var connection = await _connections.OpenAsync(Pool.Revoke, limit.Token);
        IReadOnlyList<object[]> remains;
        try
        {
            // Logins are forbidden by a commit of their own: only then no new session can come up behind the look for sessions, and a session
            // whose role is gone is beyond the reach of an account that is no superuser.
            remains = await connection.RunAsync(
                limit,
                [Sql.DoNotWaitForDisk(), Sql.TryLock(keys), .. names.Distinct().Select(Sql.ForbidLogin)],
                [Sql.TryLock(keys), Sql.RequireIdle(names), Sql.DropRoles(names), Sql.Look(names, oids)]);
        }
        catch (PostgresException e) when (
            e.SqlState is PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.DependentObjectsStillExist)
        {
            // Not all of them are there, or idle.
            await connection.RunAsync(limit, Sql.DoNotWaitForDisk(), Sql.TryLock(keys), Sql.ForbidLogins(names));
            remains = await connection.RunAsync(limit, Sql.TryLock(keys), Sql.DropIdle(names), Sql.Look(names, oids));
        }

        return [.. remains.Select(counts => counts.All(count => count is 0L))];
    }
}
