using Npgsql;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <content>The calls, and who makes them.</content>
internal sealed partial class LeaseRoleFunctionsTests
{
    private static string Create(string role, string group) => $"create_lease_role({role}, '{group}', NULL, {Until}, 3)";

    private static string[] CallsOn(string role) =>
    [
        Create(role, Group),
        $"set_for_lease_role({role}, 'statement_timeout', '1000')",
        $"extend_lease_role({role}, {Until})",
        $"forbid_lease_logins(ARRAY[{role}])",
        $"join_lease_role({role})",
        $"drop_lease_roles(ARRAY[{role}])",
    ];

    private static async Task AssertIsLeftAloneAsync(string stateOfCreate = PostgresErrorCodes.DuplicateObject)
    {
        const string Row = $"SELECT r::text || (SELECT count(*) FROM pg_auth_members WHERE roleid = r.oid) FROM pg_authid r WHERE rolname = '{SomeRole}'";
        var before = await TestDatabase.RunAsync(Row);
        await AssertRefusedAsync(stateOfCreate, () => RunAsAccountAsync(Create($"'{SomeRole}'", Group)));
        foreach (var call in CallsOn($"'{SomeRole}'").Skip(1))
        {
            await AssertAccountIsRefusedAsync(call);
        }

        Assert.That(await TestDatabase.RunAsync(Row), Is.EqualTo(before));
    }

    private static Task AssertAccountIsRefusedAsync(string call) =>
        AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => RunAsAccountAsync(call));

    private static Task RunAsAccountAsync(string call) => RunSqlAsAccountAsync($"SELECT secrets_broker.{call}");

    private static Task RunSqlAsAccountAsync(string sql) => RunSqlAsync(TestDatabase.Broker, TestDatabase.BrokerPassword, sql);

    private static async Task RunSqlAsync(string account, string password, string sql, int? port = null)
    {
        await using var session = await LogInAsync(account, password, port);
        await TestDatabase.RunAsync(session, sql);
    }

    private static async Task<NpgsqlConnection> LogInAsync(string account, string password, int? port = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(TestDatabase.SuperuserConnectionString) { Username = account, Password = password };
        settings.Port = port ?? settings.Port;
        var session = new NpgsqlConnection(settings.ConnectionString);
        await session.OpenAsync();
        return session;
    }
}
