using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using static SecretsBroker.Engines.Postgres.PostgresQuoting;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Every statement that the broker sends by itself. Commands of one batch are one transaction and one round trip.</summary>
/// <remarks>Utility statements (<c>CREATE ROLE</c> …) take no parameters: there, names and texts are quoted.</remarks>
internal static partial class Sql
{
    public const string Now = "SELECT clock_timestamp()";

    // Backends between the check that their role may log in and the moment in which the server tells who they are: they hold the lock on their
    // database that a start-up takes, and have no user.
    private const string UnderWay = """
        SELECT l.pid FROM pg_locks l
        WHERE l.locktype = 'object' AND l.classid = 'pg_database'::regclass
        AND NOT EXISTS (SELECT FROM pg_stat_get_activity(l.pid) WHERE usesysid IS NOT NULL)
        """;

    // ---- what a transaction begins with

    /// <summary>The server itself ends a statement that takes longer, also when nobody waits for it any more.</summary>
    public static NpgsqlBatchCommand Limit(TimeSpan limit) =>
        new("SELECT set_config('statement_timeout', $1, true)") { Parameters = { Text($"{Math.Max(1, (long)limit.TotalMilliseconds)}") } };

    /// <summary>Whoever waits longer for somebody's lock fails (55P03).</summary>
    public static NpgsqlBatchCommand WaitForLocks(TimeSpan limit) =>
        new("SELECT set_config('lock_timeout', $1, true)") { Parameters = { Text($"{(long)limit.TotalMilliseconds}") } };

    /// <summary>For steps that may be lost in a crash of the server because a later one waits for the disk.</summary>
    public static NpgsqlBatchCommand DoNotWaitForDisk() => new("SELECT set_config('synchronous_commit', 'off', true)");

    /// <summary>Names without a schema mean those of <c>public</c>.</summary>
    public static NpgsqlBatchCommand SearchPublic() => new("SELECT set_config('search_path', 'public', true)");

    public static NpgsqlBatchCommand Lock(long key) =>
        new("SELECT 1 FROM pg_advisory_xact_lock($1)") { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };

    /// <summary>
    /// For transactions of many, where nobody is waited for: fails the whole transaction (2201E, the logarithm of zero) when one of the locks
    /// is somebody else's.
    /// </summary>
    public static NpgsqlBatchCommand TryLock(IEnumerable<long> keys) =>
        new("SELECT ln(bool_and(pg_try_advisory_xact_lock(key))::int) FROM unnest($1) AS key")
        {
            Parameters = { new NpgsqlParameter<long[]> { TypedValue = [.. keys] } },
        };

    // ---- one lease's role

    /// <param name="role">Its name.</param>
    /// <param name="group">What it is a member of.</param>
    /// <param name="verifier">Of its password; null for none, so that nobody logs in by one.</param>
    /// <param name="expireTime">Until when the password works.</param>
    /// <param name="connectionLimit">Sessions at once.</param>
    public static NpgsqlBatchCommand CreateRole(string role, string group, string? verifier, DateTimeOffset expireTime, int connectionLimit) =>
        new($"CREATE ROLE {Identifier(role)} LOGIN INHERIT CONNECTION LIMIT {connectionLimit} VALID UNTIL {Instant(expireTime)} "
            + $"PASSWORD {(verifier is null ? "NULL" : Literal(verifier))} IN ROLE {Identifier(group)}");

    public static NpgsqlBatchCommand SetStatementTimeout(string role, TimeSpan timeout) =>
        new($"ALTER ROLE {Identifier(role)} SET statement_timeout = {(long)timeout.TotalMilliseconds}");

    public static NpgsqlBatchCommand SetForSessions(string role, string quotedName, string value) =>
        new($"ALTER ROLE {Identifier(role)} SET {quotedName} = {Literal(value)}");

    /// <summary>Moves the role's end, but not nearer. A role that does not exist fails (42704).</summary>
    public static NpgsqlBatchCommand ExtendExpireTime(string role, DateTimeOffset expireTime) =>
        new($"""
            DO $do$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {Literal(role)} AND rolvaliduntil >= {Instant(expireTime)}) THEN
                    ALTER ROLE {Identifier(role)} VALID UNTIL {Instant(expireTime)};
                END IF;
            END $do$
            """);

    /// <summary>The role's OID. Fails the whole transaction (22012) when it comes after <paramref name="deadline"/>, by the server's clock.</summary>
    public static NpgsqlBatchCommand OidBefore(string role, DateTime deadline) => OidsBefore([role], [deadline]);

    /// <summary>The roles' OIDs in order. Fails the whole transaction (22012) when it comes after one of their deadlines, by the server's clock.</summary>
    public static NpgsqlBatchCommand OidsBefore(IEnumerable<string> roles, IEnumerable<DateTime> deadlines) =>
        new("""
            SELECT r.oid, 1 / (clock_timestamp() < t.deadline)::int
            FROM unnest($1, $2) WITH ORDINALITY AS t (name, deadline, n)
            JOIN (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY ($1)) AS r ON r.rolname = t.name
            ORDER BY t.n
            """)
        {
            Parameters =
            {
                Names(roles),
                new NpgsqlParameter<DateTime[]> { TypedValue = [.. deadlines], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
            },
        };

    public static NpgsqlBatchCommand ForbidLogin(string role) => new($"ALTER ROLE {Identifier(role)} NOLOGIN");

    public static NpgsqlBatchCommand Oid(string role) => new("SELECT oid FROM pg_roles WHERE rolname = $1") { Parameters = { Text(role) } };

    /// <summary>
    /// Ends the sessions that logged in as the role, whatever they have <c>SET ROLE</c> to since, and says how many did not end in time.
    /// A role that has another name today got the OID later: its sessions are left alone.
    /// </summary>
    /// <remarks>Materialized, because the planner is free to end a session before it looks whose it is.</remarks>
    public static NpgsqlBatchCommand EndSessions(string role, uint oid, TimeSpan wait) =>
        new("""
            WITH sessions AS MATERIALIZED (
                SELECT pid FROM pg_stat_activity
                WHERE usesysid = $1 AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = $1 AND rolname <> $2))
            SELECT count(*) FROM sessions WHERE NOT pg_terminate_backend(pid, $3)
            """)
        {
            Parameters = { OidOf(oid), Text(role), new NpgsqlParameter<long> { TypedValue = (long)wait.TotalMilliseconds } },
        };

    /// <summary>Those that <see cref="EndSessions"/> would end.</summary>
    public static NpgsqlBatchCommand CountSessions(string role, uint oid) =>
        new("""
            SELECT count(*) FROM pg_stat_activity
            WHERE usesysid = $1 AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = $1 AND rolname <> $2)
            """)
        {
            Parameters = { OidOf(oid), Text(role) },
        };

    /// <summary>What a role owns can be removed only by members of it, or superusers.</summary>
    public static NpgsqlBatchCommand JoinUnlessSuperuser(string role) => new(
        $"""
        DO $$ BEGIN
            IF current_setting('is_superuser') = 'off' THEN
                GRANT {Identifier(role)} TO CURRENT_USER;
            END IF;
        END $$
        """);

    public static NpgsqlBatchCommand LeaveUnlessSuperuser(string role) => new(
        $"""
        DO $$ BEGIN
            IF current_setting('is_superuser') = 'off' THEN
                REVOKE {Identifier(role)} FROM CURRENT_USER;
            END IF;
        END $$
        """);

    /// <summary>The databases in which something belongs to the role or was granted to it.</summary>
    public static NpgsqlBatchCommand DatabasesOf(uint oid) =>
        new("""
            SELECT DISTINCT d.datname::text FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
            WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1
            """)
        {
            Parameters = { OidOf(oid) },
        };

    /// <summary>
    /// With what depends on it: otherwise a view that somebody made on an agent's table would keep the role alive.
    /// </summary>
    public static NpgsqlBatchCommand DropOwned(string role) => new($"DROP OWNED BY {Identifier(role)} CASCADE");

    /// <summary>Those of the roles that do not exist are passed over.</summary>
    public static NpgsqlBatchCommand ForbidLogins(IEnumerable<string> roles) =>
        new($"""
            DO $do$ DECLARE role text; BEGIN
                FOR role IN SELECT rolname FROM pg_roles WHERE rolname IN ({Literals(roles)}) AND rolcanlogin LOOP
                    EXECUTE format('ALTER ROLE %I NOLOGIN', role);
                END LOOP;
            END $do$
            """);

    /// <summary>
    /// Drops those of the roles that can be dropped as they are: without login, without sessions, nothing belonging or granted to them in any
    /// database.
    /// </summary>
    public static NpgsqlBatchCommand DropIdle(IEnumerable<string> roles) =>
        DropIdle(roles, "EXECUTE 'DROP ROLE ' || (SELECT string_agg(quote_ident(role), ', ') FROM unnest(idle) AS role)");

    private static NpgsqlBatchCommand DropIdle(IEnumerable<string> roles, string drop) =>
        new($"""
            DO $do$ DECLARE idle text[]; BEGIN
                SELECT array_agg(rolname::text) INTO idle FROM pg_roles r
                WHERE rolname IN ({Literals(roles)}) AND NOT rolcanlogin
                AND NOT EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid)
                AND oid NOT IN (SELECT usesysid FROM pg_stat_get_activity(NULL) WHERE usesysid IS NOT NULL)
                AND NOT EXISTS ({UnderWay});
                IF idle IS NOT NULL THEN
                    {drop};
                END IF;
            END $do$
            """);

    /// <summary>
    /// Fails the whole transaction (22012) while one of the roles may log in or has sessions, or somebody's login is under way. Those that do not
    /// exist have none.
    /// </summary>
    public static NpgsqlBatchCommand RequireIdle(IEnumerable<string> roles) =>
        new($"""
            WITH named AS MATERIALIZED (SELECT oid, rolcanlogin FROM pg_roles WHERE rolname = ANY ($1))
            SELECT 1 / (NOT EXISTS (SELECT FROM named WHERE rolcanlogin)
                AND NOT EXISTS ({UnderWay})
                AND NOT EXISTS (SELECT FROM pg_stat_get_activity(NULL) WHERE usesysid = ANY (ARRAY(SELECT oid FROM named))))::int
            """)
        {
            Parameters = { Names(roles) },
        };

    public static NpgsqlBatchCommand LoginsUnderWay() => new($"SELECT DISTINCT pid FROM ({UnderWay}) AS t");

    /// <summary>For each of the roles that exist its name and OID; then for each login under way its process.</summary>
    public static NpgsqlBatchCommand RolesAndLoginsUnderWay(IEnumerable<string> roles) =>
        new($"""
            SELECT rolname::text, oid, 0 FROM pg_roles WHERE rolname = ANY ($1)
            UNION ALL SELECT NULL, 0::oid, pid FROM ({UnderWay}) AS t
            """)
        {
            Parameters = { Names(roles) },
        };

    /// <summary>
    /// Ends those logins under way that are the role's. With no rights but its own: what belongs to anybody else is refused, also where the
    /// broker's account is a superuser.
    /// </summary>
    public static NpgsqlBatchCommand EndLogins(string role, IEnumerable<int> logins) =>
        new($"""
            DO $do$ DECLARE login int; ended int[] := ARRAY[]::int[]; BEGIN
                SET LOCAL ROLE {Identifier(role)};
                FOREACH login IN ARRAY ARRAY[{string.Join(',', logins)}]::int[] LOOP
                    BEGIN
                        IF pg_terminate_backend(login) THEN
                            ended := ended || login;
                        END IF;
                    EXCEPTION WHEN insufficient_privilege THEN
                        NULL;
                    END;
                END LOOP;
                RESET ROLE;
                PERFORM set_config('secretsbroker.ended', array_to_string(ended, ','), true);
            END $do$
            """);

    /// <summary>Those that <see cref="EndLogins"/> ended, earlier in the same transaction.</summary>
    public static NpgsqlBatchCommand EndedLogins() =>
        new("SELECT unnest(string_to_array(current_setting('secretsbroker.ended', true), ','))::int");

    /// <summary>What a transaction has once seen of the sessions it sees until its end, if it does not forget it.</summary>
    public static NpgsqlBatchCommand ForgetSessions() => new("SELECT pg_stat_clear_snapshot()");

    /// <summary>Fails the whole transaction (22012) while there are sessions of these OIDs, whether there are roles of them or not.</summary>
    public static NpgsqlBatchCommand RequireNoSessions(IEnumerable<uint> oids) =>
        new("SELECT 1 / (NOT EXISTS (SELECT FROM pg_stat_get_activity(NULL) WHERE usesysid = ANY ($1)))::int") { Parameters = { OidsOf(oids) } };

    /// <summary>Fails the whole transaction (22012) while there are sessions of these OIDs that have no role, or none any more.</summary>
    public static NpgsqlBatchCommand RequireNoSessionsWithoutRole(IEnumerable<uint> oids) =>
        new("""
            SELECT 1 / (NOT EXISTS (
                SELECT FROM pg_stat_get_activity(NULL)
                WHERE usesysid = ANY ($1) AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = usesysid)))::int
            """)
        {
            Parameters = { OidsOf(oids) },
        };

    /// <summary>A role that does not exist fails it (42704), and so does what belongs to one (2BP01).</summary>
    public static NpgsqlBatchCommand DropRoles(IEnumerable<string> roles) => new($"DROP ROLE {string.Join(", ", roles.Distinct().Select(Identifier))}");

    /// <summary>
    /// For each role, in order, three counts: roles of that name, roles of that OID, sessions of either. Fails (22012) at a standby, which may
    /// not know yet of a role that lives.
    /// </summary>
    /// <remarks>
    /// From the function under <c>pg_stat_activity</c>: the view looks up the name of every session's user. The roles are found by their index,
    /// whatever else the catalogue holds.
    /// </remarks>
    public static NpgsqlBatchCommand Look(IEnumerable<string> roles, IEnumerable<uint> oids) =>
        new("""
            WITH sessions AS MATERIALIZED (SELECT usesysid FROM pg_stat_get_activity(NULL) WHERE usesysid IS NOT NULL),
                 named AS MATERIALIZED (SELECT rolname, oid FROM pg_roles WHERE rolname = ANY ($1)),
                 known AS MATERIALIZED (SELECT oid FROM pg_roles WHERE oid = ANY ($2))
            SELECT (SELECT count(*) FROM named WHERE rolname = t.name),
                   (SELECT count(*) FROM known WHERE oid = t.oid),
                   (SELECT count(*) FROM sessions WHERE usesysid = t.oid OR usesysid = (SELECT oid FROM named WHERE rolname = t.name)),
                   1 / (NOT pg_is_in_recovery())::int
            FROM unnest($1, $2) WITH ORDINALITY AS t (name, oid, n)
            ORDER BY t.n
            """)
        {
            Parameters = { Names(roles), OidsOf(oids) },
        };

    /// <summary>
    /// A page, in the order of names, of the roles that have both signs of what an installation made for a lease: a name with its mark, and
    /// membership in a grant's group role, which its comment tells.
    /// </summary>
    public static NpgsqlBatchCommand LeaseRoles(string mark, string commentPrefix, string after, int max) =>
        new("""
            SELECT r.rolname::text FROM pg_roles r
            WHERE r.rolname > $1::name AND r.rolname ~ $2
            AND EXISTS (
                SELECT FROM pg_auth_members m
                WHERE m.member = r.oid AND starts_with(coalesce(shobj_description(m.roleid, 'pg_authid'), ''), $3))
            ORDER BY r.rolname LIMIT $4
            """)
        {
            Parameters =
            {
                Text(after), Text($"^sb_[0-9a-f]{{2}}{mark}[0-9a-v]{{18}}$"), Text(commentPrefix), new NpgsqlParameter<int> { TypedValue = max },
            },
        };

    // ---- the broker's own account

    public static NpgsqlBatchCommand Account() =>
        new("SELECT rolsuper, rolcreaterole, rolinherit, pg_is_in_recovery() FROM pg_roles WHERE rolname = current_user");

    public static NpgsqlBatchCommand SetOwnPassword(string verifier) => new($"ALTER ROLE CURRENT_USER PASSWORD {Literal(verifier)}");

    private static string Instant(DateTimeOffset instant) =>
        Literal(instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "+00");

    private static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = value };

    private static NpgsqlParameter Texts(IEnumerable<string> values) => new NpgsqlParameter<string[]> { TypedValue = [.. values] };

    private static NpgsqlParameter Names(IEnumerable<string> roles) =>
        new NpgsqlParameter<string[]> { TypedValue = [.. roles], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Name };

    private static NpgsqlParameter OidsOf(IEnumerable<uint> oids) =>
        new NpgsqlParameter<uint[]> { TypedValue = [.. oids], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid };

    private static string Literals(IEnumerable<string> texts) => string.Join(", ", texts.Select(Literal));

    private static NpgsqlParameter OidOf(uint oid) => new NpgsqlParameter<uint> { TypedValue = oid, NpgsqlDbType = NpgsqlDbType.Oid };
}
