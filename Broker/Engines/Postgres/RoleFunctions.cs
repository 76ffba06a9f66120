using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Looks whether the server has the functions of <c>samples/postgres/lease-roles.sql</c> for the account. From PostgreSQL 16 on an account that
/// is no superuser is made a member of each role that it makes, and the server goes through all of them before each change of one. What it
/// has a superuser's function do it is no member of.
/// </summary>
internal sealed partial class RoleFunctions(PostgresConnections connections, string target, TimeProvider time, ILogger logger)
{
    /// <summary>The first version in which they are of use.</summary>
    private const int OldestVersion = 16;

    // They may be put up, or taken away, while the broker runs.
    private static readonly TimeSpan _maxAge = TimeSpan.FromMinutes(1);

    private Reading? _last;
    private State _lastState;

    public enum State
    {
        /// <summary>The account makes roles itself, and that is as good: it is a superuser, or the server is older.</summary>
        NotNeeded = 1,

        /// <summary>The account makes roles itself, which costs the more the more of them live.</summary>
        Missing = 2,

        /// <summary>Some of them are missing, of another version, no superuser's, or may not be called by the account.</summary>
        Broken = 3,

        Usable = 4,
    }

    public async ValueTask<RoleStatements> ChooseAsync(Pool pool, CallLimit limit)
    {
        var reading = Volatile.Read(ref _last);
        if (reading is null || time.GetElapsedTime(reading.Taken) > _maxAge)
        {
            await using var connection = await connections.OpenAsync(pool, limit.Token);
            reading = new Reading(await LookAsync(connection, limit), time.GetTimestamp());
            Volatile.Write(ref _last, reading);
            if (reading.State == State.Broken && _lastState != State.Broken)
            {
                LogBroken(logger, target);
            }

            _lastState = reading.State;
        }

        return new RoleStatements(ByFunctions: reading.State == State.Usable);
    }

    /// <summary>After a statement failed that would not have, had things been as they were last seen.</summary>
    public void Forget() => Volatile.Write(ref _last, null);

    public static async Task<State> LookAsync(NpgsqlConnection connection, CallLimit limit)
    {
        if (connection.PostgreSqlVersion.Major < OldestVersion)
        {
            return State.NotNeeded;
        }

        var row = (await connection.RunAsync(limit, Sql.FindRoleFunctions()))[0];
        var (isSuperuser, areMeantForIt, usable) = ((bool)row[0], (bool)row[1], (long)row[2]);
        return (isSuperuser, areMeantForIt) switch
        {
            (true, _) => State.NotNeeded,
            (_, false) => State.Missing,
            _ => usable == Sql.RoleFunctionCount ? State.Usable : State.Broken,
        };
    }

    [LoggerMessage(LogLevel.Warning, "Not all functions in the schema secrets_broker of target {Target} can be used: the account makes roles itself, and cannot remove those that were made by the functions: drop the schema and run samples/postgres/lease-roles.sql again")]
    private static partial void LogBroken(ILogger logger, string target);

    private sealed record Reading(State State, long Taken);
}
