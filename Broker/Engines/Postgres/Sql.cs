using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using static SecretsBroker.Engines.Postgres.PostgresQuoting;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Every statement that the broker sends by itself. Commands of one batch are one transaction and one round trip.</summary>
/// <remarks>Utility statements (<c>CREATE ROLE</c> …) take no parameters: there, names and texts are quoted.</remarks>
internal static class Sql
{
    public const string Now = "SELECT clock_timestamp()";

    // ---- what a transaction begins with

    /// <summary>The server itself ends a statement that takes longer, also when nobody waits for it any more.</summary>
    public static NpgsqlBatchCommand Limit(TimeSpan limit) =>
        new("SELECT set_config('statement_timeout', $1, true)") { Parameters = { Text($"{Math.Max(1, (long)limit.TotalMilliseconds)}") } };

    /// <summary>For steps that may be lost in a crash of the server because a later one waits for the disk.</summary>
    public static NpgsqlBatchCommand DoNotWaitForDisk() => new("SELECT set_config('synchronous_commit', 'off', true)");

    /// <summary>Names without a schema mean those of <c>public</c>.</summary>
    public static NpgsqlBatchCommand SearchPublic() => new("SELECT set_config('search_path', 'public', true)");

    public static NpgsqlBatchCommand Lock(long key) =>
        new("SELECT 1 FROM pg_advisory_xact_lock($1)") { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };

    // ---- one lease's role

    public static NpgsqlBatchCommand CreateRole(string role, string group, string verifier, DateTimeOffset expireTime, int connectionLimit) =>
        new($"CREATE ROLE {Identifier(role)} LOGIN INHERIT CONNECTION LIMIT {connectionLimit} "
            + $"VALID UNTIL {Instant(expireTime)} PASSWORD {Literal(verifier)} IN ROLE {Identifier(group)}");

    public static NpgsqlBatchCommand SetStatementTimeout(string role, TimeSpan timeout) =>
        new($"ALTER ROLE {Identifier(role)} SET statement_timeout = {(long)timeout.TotalMilliseconds}");

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
    public static NpgsqlBatchCommand OidBefore(string role, DateTime deadline) =>
        new("SELECT oid, 1 / (clock_timestamp() < $2)::int FROM pg_roles WHERE rolname = $1")
        {
            Parameters = { Text(role), new NpgsqlParameter<DateTime> { TypedValue = deadline, NpgsqlDbType = NpgsqlDbType.TimestampTz } },
        };

    public static NpgsqlBatchCommand ForbidLogin(string role) => new($"ALTER ROLE {Identifier(role)} NOLOGIN");

    public static NpgsqlBatchCommand Oid(string role) => new("SELECT oid FROM pg_roles WHERE rolname = $1") { Parameters = { Text(role) } };

    /// <summary>Fails the whole transaction (22012) while the role has sessions.</summary>
    public static NpgsqlBatchCommand RequireNoSessions(uint oid) =>
        new("SELECT 1 / (NOT EXISTS (SELECT FROM pg_stat_activity WHERE usesysid = $1))::int") { Parameters = { OidOf(oid) } };

    public static NpgsqlBatchCommand DropRole(string role) => new($"DROP ROLE {Identifier(role)}");

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

    /// <summary>Three counts: roles of that name, roles of that OID, sessions of either.</summary>
    public static NpgsqlBatchCommand Look(string role, uint oid) =>
        new("""
            SELECT (SELECT count(*) FROM pg_roles WHERE rolname = $1),
                   (SELECT count(*) FROM pg_roles WHERE oid = $2),
                   (SELECT count(*) FROM pg_stat_activity WHERE usename = $1 OR usesysid = $2)
            """)
        {
            Parameters = { Text(role), OidOf(oid) },
        };

    // ---- a grant's group role

    /// <summary>OID and comment.</summary>
    public static NpgsqlBatchCommand FindGroup(string group) =>
        new("SELECT oid, coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = $1") { Parameters = { Text(group) } };

    public static NpgsqlBatchCommand CreateGroup(string group) => new($"CREATE ROLE {Identifier(group)} NOLOGIN");

    public static NpgsqlBatchCommand Comment(string group, string comment) =>
        new($"COMMENT ON ROLE {Identifier(group)} IS {Literal(comment)}");

    /// <summary>Objects, in all databases, that the role owns.</summary>
    public static NpgsqlBatchCommand CountOwned(uint oid) =>
        new("SELECT count(*) FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1 AND deptype = 'o'")
        {
            Parameters = { OidOf(oid) },
        };

    /// <summary>Objects, in all databases, that the role owns or was granted something on, and its memberships.</summary>
    public static NpgsqlBatchCommand CountBelongings(uint oid) =>
        new("""
            SELECT (SELECT count(*) FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1)
                 + (SELECT count(*) FROM pg_auth_members WHERE member = $1)
            """)
        {
            Parameters = { OidOf(oid) },
        };

    /// <summary>Memberships are no privileges on objects: <c>DROP OWNED</c> leaves them.</summary>
    public static NpgsqlBatchCommand RolesOfGroup(uint oid) =>
        new("SELECT r.rolname::text FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = $1") { Parameters = { OidOf(oid) } };

    public static NpgsqlBatchCommand RevokeMembership(string role, string group) =>
        new($"REVOKE {Identifier(role)} FROM {Identifier(group)}");

    /// <summary>The roles with dangerous attributes, and predefined roles, that a group is or can become.</summary>
    public static NpgsqlBatchCommand DangerousRolesOf(string group) =>
        new("""
            SELECT count(*) FROM pg_roles
            WHERE pg_has_role($1, oid, 'MEMBER')
            AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR starts_with(rolname::text, 'pg_'))
            """)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = group, NpgsqlDbType = NpgsqlDbType.Name } },
        };

    // ---- the broker's own account

    public static NpgsqlBatchCommand Account() =>
        new("SELECT rolsuper, rolcreaterole, rolinherit, pg_is_in_recovery() FROM pg_roles WHERE rolname = current_user");

    /// <summary>From PostgreSQL 16 on, CREATEROLE is not enough for a role that somebody else made.</summary>
    public static NpgsqlBatchCommand GroupsWithoutAdmin(string commentPrefix) =>
        new("""
            SELECT count(*) FROM pg_roles
            WHERE starts_with(coalesce(shobj_description(oid, 'pg_authid'), ''), $1)
            AND NOT pg_has_role(current_user, oid, 'MEMBER WITH ADMIN OPTION')
            """)
        {
            Parameters = { Text(commentPrefix) },
        };

    private static string Instant(DateTimeOffset instant) =>
        Literal(instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "+00");

    private static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = value };

    private static NpgsqlParameter OidOf(uint oid) => new NpgsqlParameter<uint> { TypedValue = oid, NpgsqlDbType = NpgsqlDbType.Oid };
}
