using Npgsql;
using SecretsBroker.Leases;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Takes a lease's role from the server. <c>DROP ROLE</c> alone does not end access: open sessions go on, and one that has run
/// <c>SET ROLE</c> even writes. So: no new logins, no sessions, nothing owned, no role. Each step may be repeated.
/// </summary>
internal sealed class RoleRemoval(PostgresConnections connections, RoleFunctions functions, string target, TimeProvider time)
{
    // A login that was under way when logins were forbidden can show up, and create something, behind the first round.
    private const int MaxRounds = 3;

    // Changes of a role take milliseconds; who holds it for longer may do so for ever.
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(200);

    /// <param name="lease">Whose role.</param>
    /// <param name="handle">The role's OID as the lease remembers it; 0 when it does not.</param>
    /// <param name="pool">Whose connections.</param>
    /// <param name="limit">The time.</param>
    public async Task RemoveAsync(LeaseId lease, uint handle, Pool pool, CallLimit limit)
    {
        var role = PostgresNames.RoleOf(lease);
        var how = await functions.ChooseAsync(pool, limit);
        await using var connection = await connections.OpenAsync(pool, limit.Token);
        if (await ForbidLoginAsync(connection, lease, how, limit) is { } oid)
        {
            if (!await LoginsUnderWay.TryEndAsync(connection, role, how, limit, time))
            {
                throw new EngineException($"target {target}: logins of role {role} that are under way do not end", isTransient: true);
            }

            for (var round = 0; !await TryDropAsync(connection, lease, oid, how, limit); round++)
            {
                if (round == MaxRounds)
                {
                    throw new EngineException($"target {target}: role {role} still has sessions or belongings", isTransient: true);
                }

                await ClearAsync(connection, role, oid, how, pool, limit);
            }

            handle = handle == oid ? 0 : handle;
        }

        if (handle != 0)
        {
            // The role went in an earlier attempt, but perhaps not all its sessions.
            await EndSessionsAsync(connection, role, handle, limit);
        }
    }

    /// <summary>A commit of its own: only then no new session can come up behind the steps that follow.</summary>
    /// <returns>The role's OID; null when there is no such role.</returns>
    private async Task<uint?> ForbidLoginAsync(NpgsqlConnection connection, LeaseId lease, RoleStatements how, CallLimit limit)
    {
        var role = PostgresNames.RoleOf(lease);
        while (true)
        {
            try
            {
                // An issue under way holds the lock: it is waited for, and what it made is seen.
                var rows = await connection.RunAsync(
                    limit,
                    [
                        Sql.DoNotWaitForDisk(),
                        Sql.Lock(PostgresNames.LockOf(lease)),
                        Sql.WaitForLocks(_patience),
                        .. how.ForbidLogins([role]),
                        Sql.Oid(role),
                    ]);
                return rows.Count == 0 ? null : (uint)rows[0][0];
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
            {
                return null;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // Every role may change its own password, and holds itself until that session ends.
                await FreeAsync(connection, role, how, limit);
            }
        }
    }

    private async Task FreeAsync(NpgsqlConnection connection, string role, RoleStatements how, CallLimit limit)
    {
        var rows = await connection.RunAsync(limit, Sql.Oid(role));
        if (rows.Count > 0)
        {
            await connection.RunAsync(limit, how.JoinUnlessSuperuser(role));
            await EndSessionsAsync(connection, role, (uint)rows[0][0], limit);
        }
    }

    /// <summary>Most roles have neither sessions nor belongings when they end: for them this is all there is to do.</summary>
    private static async Task<bool> TryDropAsync(
        NpgsqlConnection connection, LeaseId lease, uint oid, RoleStatements how, CallLimit limit)
    {
        var role = PostgresNames.RoleOf(lease);
        try
        {
            await connection.RunAsync(
                limit,
                Sql.Lock(PostgresNames.LockOf(lease)),
                Sql.RequireNoSessions([oid]),
                how.Drop(role),
                // Of a login that was under way: the role must not go without it.
                Sql.ForgetSessions(),
                Sql.RequireNoSessions([oid]));
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DivisionByZero or PostgresErrorCodes.DependentObjectsStillExist)
        {
            return false;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            // Somebody else is revoking the same lease.
            return true;
        }
    }

    private async Task ClearAsync(NpgsqlConnection connection, string role, uint oid, RoleStatements how, Pool pool, CallLimit limit)
    {
        try
        {
            await connection.RunAsync(limit, how.JoinUnlessSuperuser(role));
            await EndSessionsAsync(connection, role, oid, limit);
            await connection.RunAsync(limit, Sql.DropOwned(role));
            // The server knows where else something belongs to the role, also in databases that no grant names.
            foreach (var row in await connection.RunAsync(limit, Sql.DatabasesOf(oid)))
            {
                await using var other = await connections.OpenAsync((string)row[0], pool, limit.Token);
                await other.RunAsync(limit, Sql.DropOwned(role));
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            // Somebody else is revoking the same lease, and got ahead.
        }
    }

    private async Task EndSessionsAsync(NpgsqlConnection connection, string role, uint oid, CallLimit limit)
    {
        var wait = limit.Remaining / 2;
        var rows = await connection.RunAsync(limit, Sql.EndSessions(role, oid, wait));
        // A session that left by itself before it was told to counts there as one that did not end: only a second look knows.
        if ((long)rows[0][0] > 0 && (long)(await connection.RunAsync(limit, Sql.CountSessions(role, oid)))[0][0] > 0)
        {
            throw new EngineException($"target {target}: sessions of role {role} do not end", isTransient: true);
        }
    }
}
