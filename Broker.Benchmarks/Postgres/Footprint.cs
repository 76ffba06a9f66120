using Npgsql;
using SecretsBroker.Benchmarks.Issue;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>What leases have left at the server.</summary>
/// <param name="Roles">Roles of leases.</param>
/// <param name="AccessLists">Those of all tables and schemas.</param>
/// <param name="Dangling">Rows of the catalogue that speak of roles which do not exist.</param>
/// <param name="Errors">Errors in the server's log so far.</param>
internal sealed record Footprint(long Roles, string AccessLists, long Dangling, int Errors)
{
    public static async Task<Footprint> TakeAsync(BenchmarkDatabase database)
    {
        await using var connection = new NpgsqlConnection(database.SuperuserConnectionString);
        await connection.OpenAsync();
        return new Footprint(
            (long)await ReadAsync(connection, "SELECT count(*) FROM pg_roles WHERE starts_with(rolname::text, 'sb_')"),
            (string)await ReadAsync(connection, """
                SELECT string_agg(name || coalesce(acl::text, ''), ' ' ORDER BY name)
                FROM (SELECT relname, relacl FROM pg_class WHERE relkind = 'r' UNION ALL SELECT nspname, nspacl FROM pg_namespace) AS t (name, acl)
                """),
            (long)await ReadAsync(connection, """
                SELECT (SELECT count(*) FROM pg_auth_members m
                        WHERE NOT EXISTS (SELECT FROM pg_authid WHERE oid = m.roleid) OR NOT EXISTS (SELECT FROM pg_authid WHERE oid = m.member))
                     + (SELECT count(*) FROM pg_db_role_setting s WHERE setrole <> 0 AND NOT EXISTS (SELECT FROM pg_authid WHERE oid = s.setrole))
                     + (SELECT count(*) FROM pg_shdepend d
                        WHERE refclassid = 'pg_authid'::regclass AND NOT EXISTS (SELECT FROM pg_authid WHERE oid = d.refobjid))
                """),
            await database.CountErrorsAsync());
    }

    private static async Task<object> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())!;
    }
}
