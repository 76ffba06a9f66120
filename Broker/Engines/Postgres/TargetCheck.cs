using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>Whether a server and the broker's account at it are what the engine needs. Reports everything that is not, in one message.</summary>
internal static class TargetCheck
{
    /// <summary>The first version in which ending a session can be waited for.</summary>
    private const int OldestVersion = 14;

    public static async Task RunAsync(PostgresConnections connections, PostgresTargetSettings settings, string target, CallLimit limit)
    {
        var findings = new List<string>();
        await using var connection = await connections.OpenAsync(Pool.Issue, limit.Token);
        var version = connection.PostgreSqlVersion.Major;
        if (version < OldestVersion)
        {
            findings.Add($"it is PostgreSQL {version}, and {OldestVersion} is the oldest that can be used");
        }

        var account = (await connection.RunAsync(limit, Sql.Account()))[0];
        var (isSuperuser, createsRoles, inherits, isStandby) = ((bool)account[0], (bool)account[1], (bool)account[2], (bool)account[3]);
        if (!isSuperuser && !createsRoles)
        {
            findings.Add("the broker's account has not CREATEROLE");
        }

        if (!isSuperuser && !inherits)
        {
            findings.Add("the broker's account is NOINHERIT: it cannot end sessions or remove what a lease's role owns");
        }

        if (isStandby)
        {
            findings.Add("it is a standby, where no role can be made");
        }

        if (await RoleFunctions.LookAsync(connection, limit) == RoleFunctions.State.Broken)
        {
            findings.Add(
                $"of the functions in the schema secrets_broker of database {settings.Databases[0]} some are missing, of another version, no superuser's or not "
                + "to be called by the broker's account: drop the schema and run samples/postgres/lease-roles.sql again, for this account");
        }

        foreach (var database in settings.Databases.Skip(1))
        {
            await using var other = await connections.OpenAsync(database, Pool.Issue, limit.Token);
        }

        if (findings.Count > 0)
        {
            throw new EngineException($"target {target}: {string.Join("; ", findings)}", isTransient: isStandby && findings.Count == 1);
        }
    }
}
