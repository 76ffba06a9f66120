using Npgsql;
using static SecretsBroker.Engines.Postgres.PostgresQuoting;

namespace SecretsBroker.Engines.Postgres;

/// <content>Calls of the functions of <c>samples/postgres/lease-roles.sql</c>, each in place of a statement on a lease's role.</content>
internal static partial class Sql
{
    private const string Schema = "secrets_broker";

    // With the types of their arguments, as the catalogue spells them: those of another version may have others.
    private static readonly (string Name, string Arguments)[] _functions =
    [
        ("create_lease_role", "text, text, text, timestamp with time zone, integer"),
        ("set_for_lease_role", "text, text, text"),
        ("extend_lease_role", "text, timestamp with time zone"),
        ("forbid_lease_logins", "text[]"),
        ("join_lease_role", "text"),
        ("drop_lease_roles", "text[]"),
    ];

    public static int RoleFunctionCount => _functions.Length;

    /// <summary>
    /// Whether the account is a superuser, whether the functions were given to it itself, and how many there are that it may call and that are a
    /// superuser's: those of others would do nothing but what the account can do itself.
    /// </summary>
    public static NpgsqlBatchCommand FindRoleFunctions() =>
        new("""
            SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
                   EXISTS (
                       SELECT FROM pg_namespace, aclexplode(nspacl) AS given
                       WHERE nspname = $3 AND given.privilege_type = 'USAGE'
                       AND given.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user)),
                   count(*)
            FROM unnest($1, $2) AS wanted (name, arguments)
            JOIN pg_proc f ON f.proname = wanted.name AND oidvectortypes(f.proargtypes) = wanted.arguments
            JOIN pg_roles o ON o.oid = f.proowner
            WHERE f.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $3)
            AND f.prosecdef AND o.rolsuper AND has_function_privilege(f.oid, 'EXECUTE')
            """)
        {
            Parameters =
            {
                Names(_functions.Select(function => function.Name)), Texts(_functions.Select(function => function.Arguments)), Text(Schema),
            },
        };

    public static NpgsqlBatchCommand CallCreateRole(string role, string group, string? verifier, DateTimeOffset expireTime, int connectionLimit) =>
        Call("create_lease_role", Literal(role), Literal(group), verifier is null ? "NULL" : Literal(verifier), Instant(expireTime), $"{connectionLimit}");

    public static NpgsqlBatchCommand CallSet(string role, string name, string value) =>
        Call("set_for_lease_role", Literal(role), Literal(name), Literal(value));

    /// <summary>Moves the role's end, but not nearer. A role that does not exist fails (42704).</summary>
    public static NpgsqlBatchCommand CallExtend(string role, DateTimeOffset expireTime) =>
        Call("extend_lease_role", Literal(role), Instant(expireTime));

    /// <summary>Those of the roles that do not exist are passed over.</summary>
    public static NpgsqlBatchCommand CallForbidLogins(IEnumerable<string> roles) => Call("forbid_lease_logins", TextArray(roles));

    public static NpgsqlBatchCommand CallJoin(string role) => Call("join_lease_role", Literal(role));

    /// <summary>A role that does not exist fails it (42704), and so does what belongs to one (2BP01).</summary>
    public static NpgsqlBatchCommand CallDropRoles(IEnumerable<string> roles) => Call("drop_lease_roles", TextArray(roles.Distinct()));

    /// <summary><see cref="DropIdle"/>, by the function.</summary>
    public static NpgsqlBatchCommand CallDropIdle(IEnumerable<string> roles) => DropIdle(roles, $"PERFORM {Schema}.drop_lease_roles(idle)");

    // A row without columns: there is nothing to read.
    private static NpgsqlBatchCommand Call(string function, params IEnumerable<string> arguments) =>
        new($"SELECT FROM {Schema}.{function}({string.Join(", ", arguments)})");

    private static string TextArray(IEnumerable<string> texts) => $"ARRAY[{Literals(texts)}]::text[]";
}
