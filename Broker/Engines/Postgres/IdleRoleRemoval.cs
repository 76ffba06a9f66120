using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The way out for most roles, those that have neither sessions nor belongings when they end: many in one transaction. All others are for
/// <see cref="RoleRemoval"/>.
/// </summary>
internal sealed class IdleRoleRemoval
{
    // A login takes milliseconds, and so does a transaction that makes something for the role; what takes longer is not idle. One that a session
    // has left behind prepared (PREPARE TRANSACTION) holds the role's lock without end.
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(200);

    private readonly PostgresConnections _connections;
    private readonly RoleFunctions _functions;
    private readonly TimeProvider _time;
    private readonly Gathering<LeaseRole, Verification?> _gathering;

    public IdleRoleRemoval(PostgresConnections connections, RoleFunctions functions, GatheringLimits limits, TimeProvider time)
    {
        _connections = connections;
        _functions = functions;
        _time = time;
        _gathering = new Gathering<LeaseRole, Verification?>(limits.Lanes, limits.Width, time, RemoveAsync);
    }

    /// <returns>That role and sessions are gone; null where they may not be.</returns>
    public async Task<Verification?> TryRemoveAsync(LeaseRole role, CallLimit limit)
    {
        try
        {
            return await _gathering.RunAsync(role, limit);
        }
        catch (PostgresException e) when (
            PostgresFailure.IsLockTaken(e) || e.SqlState is
                PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.DependentObjectsStillExist or PostgresErrorCodes.LockNotAvailable)
        {
            // Somebody issues or revokes the same lease, its role came into something at this moment or is about to, or a session of its own holds it.
            return null;
        }
    }

    private async Task<IReadOnlyList<Verification?>> RemoveAsync(IReadOnlyList<LeaseRole> roles, CallLimit limit)
    {
        var names = roles.Select(role => role.Name).Distinct().ToArray();
        var keys = roles.Select(role => role.LockKey).ToArray();
        var how = await _functions.ChooseAsync(Pool.Revoke, limit);
        await using var connection = await _connections.OpenAsync(Pool.Revoke, limit.Token);
        var (found, logins) = await ForbidLoginsAsync(connection, names, keys, how, limit);
        if (!await LoginsUnderWay.HaveComeUpAsync(connection, logins, _patience, limit, _time))
        {
            return [.. roles.Select(_ => (Verification?)null)];
        }

        var rows = found.Count == 0
            ? await connection.RunAsync(limit, RoleLook.At(roles))
            : await DropAsync(connection, roles, found, keys, how, limit)
                ?? await connection.RunAsync(
                    limit,
                    [
                        Sql.TryLock(keys),
                        Sql.WaitForLocks(_patience),
                        how.DropIdle(names),
                        Sql.ForgetSessions(),
                        Sql.RequireNoSessionsWithoutRole(found.Values),
                    ],
                    [RoleLook.At(roles)]);
        return [.. RoleLook.Judge(roles, rows).Select(seen => seen.Gone ? seen : (Verification?)null)];
    }

    /// <summary>In a commit of its own: no login can begin behind it. One that is under way is seen.</summary>
    private static async Task<(IReadOnlyDictionary<string, uint> Roles, IReadOnlyList<int> Logins)> ForbidLoginsAsync(
        NpgsqlConnection connection, string[] names, long[] keys, RoleStatements how, CallLimit limit)
    {
        IReadOnlyList<object[]> rows;
        try
        {
            rows = await connection.RunAsync(
                limit,
                [Sql.DoNotWaitForDisk(), Sql.WaitForLocks(_patience), Sql.TryLock(keys), .. how.ForbidLogins(names)],
                [Sql.RolesAndLoginsUnderWay(names)]);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            rows = await connection.RunAsync(
                limit,
                [Sql.DoNotWaitForDisk(), Sql.WaitForLocks(_patience), Sql.TryLock(keys), how.ForbidLoginsOfThoseThatExist(names)],
                [Sql.RolesAndLoginsUnderWay(names)]);
        }

        return (
            rows.Where(row => row[0] is string).ToDictionary(row => (string)row[0], row => (uint)row[1], StringComparer.Ordinal),
            [.. rows.Where(row => row[0] is not string).Select(row => (int)row[2])]);
    }

    /// <summary>Looks behind the commit: what a transaction sees of itself can still be undone.</summary>
    /// <returns>What the look has seen; null when not all of them are idle: then nothing was dropped.</returns>
    private static async Task<IReadOnlyList<object[]>?> DropAsync(
        NpgsqlConnection connection, IReadOnlyList<LeaseRole> roles, IReadOnlyDictionary<string, uint> found, long[] keys, RoleStatements how,
        CallLimit limit)
    {
        try
        {
            // Sessions are looked for behind the drop, too, as long as it can be undone: one whose role is gone is beyond the reach of an
            // account that is no superuser.
            return await connection.RunAsync(
                limit,
                [
                    Sql.TryLock(keys),
                    Sql.RequireIdle(found.Keys),
                    Sql.WaitForLocks(_patience),
                    how.Drop(found.Keys),
                    Sql.ForgetSessions(),
                    Sql.RequireNoSessions(found.Values),
                ],
                [RoleLook.At(roles)]);
        }
        catch (PostgresException e) when (
            e.SqlState is PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.DependentObjectsStillExist)
        {
            return null;
        }
    }
}
