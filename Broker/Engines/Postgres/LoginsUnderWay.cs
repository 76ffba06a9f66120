using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Logins that the server has let in and that are not sessions yet: nobody sees whose they are, and any client can hold its own in that state
/// (<c>post_auth_delay</c>), across the end of its role. They are seen by the lock on their database that each takes.
/// </summary>
internal static class LoginsUnderWay
{
    private static readonly TimeSpan _firstLook = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan _lastLook = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until they are sessions, or have ended.</summary>
    /// <returns>False when some are still neither after <paramref name="patience"/>.</returns>
    public static async Task<bool> HaveComeUpAsync(
        NpgsqlConnection connection, IReadOnlyCollection<int> logins, TimeSpan patience, CallLimit limit, TimeProvider time)
    {
        var start = time.GetTimestamp();
        for (var delay = _firstLook; logins.Count > 0; delay = delay * 2 < _lastLook ? delay * 2 : _lastLook)
        {
            if (time.GetElapsedTime(start) > patience)
            {
                return false;
            }

            await Task.Delay(delay, time, limit.Token);
            logins = [.. (await ReadAsync(connection, limit)).Intersect(logins)];
        }

        return true;
    }

    /// <summary>Ends those of one role, which still exists and lets nobody log in any more; others' are left alone.</summary>
    /// <returns>False when they have not ended in time.</returns>
    public static async Task<bool> TryEndAsync(
        NpgsqlConnection connection, string role, RoleStatements how, CallLimit limit, TimeProvider time)
    {
        var logins = await ReadAsync(connection, limit);
        if (logins.Count == 0)
        {
            return true;
        }

        IReadOnlyList<object[]> ended;
        try
        {
            await connection.RunAsync(limit, how.JoinUnlessSuperuser(role));
            ended = await connection.RunAsync(limit, Sql.EndLogins(role, logins), Sql.EndedLogins());
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.InvalidParameterValue)
        {
            // Somebody else is revoking the same lease, and has dropped the role after ending them.
            return true;
        }

        return await HaveComeUpAsync(connection, [.. ended.Select(row => (int)row[0])], limit.Remaining / 2, limit, time);
    }

    private static async Task<IReadOnlyList<int>> ReadAsync(NpgsqlConnection connection, CallLimit limit) =>
        [.. (await connection.RunAsync(limit, Sql.LoginsUnderWay())).Select(row => (int)row[0])];
}
