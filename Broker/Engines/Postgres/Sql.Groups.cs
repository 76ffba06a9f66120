using Npgsql;
using NpgsqlTypes;
using static SecretsBroker.Engines.Postgres.PostgresQuoting;

namespace SecretsBroker.Engines.Postgres;

/// <content>A grant's group role.</content>
internal static partial class Sql
{
    /// <summary>
    /// OID, comment, and whether the account may pass it on: from PostgreSQL 16 on CREATEROLE is not enough for a role that another account made.
    /// It, or a role whose rights it has, must be a member with the admin option.
    /// </summary>
    public static NpgsqlBatchCommand FindGroup(string group) =>
        new("""
            SELECT oid, coalesce(shobj_description(oid, 'pg_authid'), ''),
                   current_setting('server_version_num')::int < 160000 OR current_setting('is_superuser') = 'on' OR EXISTS (
                       SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND m.admin_option AND pg_has_role(current_user, m.member, 'USAGE'))
            FROM pg_roles r WHERE rolname = $1
            """)
        {
            Parameters = { Text(group) },
        };

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

    /// <summary>How many of the privileges the group has not.</summary>
    public static NpgsqlBatchCommand MissingPrivileges(string group, ObjectPrivilege privilege) => privilege.Columns.Count == 0
        ? new($"SELECT count(*) FROM unnest($3) AS word WHERE NOT has_{privilege.Kind.ToLowerInvariant()}_privilege($1::name, $2, word)")
        {
            Parameters = { Text(group), Text(privilege.PlainName ?? privilege.Name), Texts(privilege.Words) },
        }
        : new("SELECT count(*) FROM unnest($3) AS word, unnest($4) AS col WHERE NOT has_column_privilege($1::name, $2, col, word)")
        {
            Parameters = { Text(group), Text(privilege.Name), Texts(privilege.Words), Texts(privilege.Columns) },
        };

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
}
