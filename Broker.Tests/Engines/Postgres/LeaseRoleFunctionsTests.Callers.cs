using Npgsql;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <content>Who may call or change the functions, and that nothing is put beneath them.</content>
internal sealed partial class LeaseRoleFunctionsTests
{
    [Test]
    public async Task Leases_themselves_may_call_nothing()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            foreach (var call in CallsOn($"'{credential.Username}'"))
            {
                await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => TestDatabase.RunAsync(session, $"SELECT secrets_broker.{call}"));
            }
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Account_may_not_call_what_the_functions_are_made_of()
    {
        await AssertAccountIsRefusedAsync("account()");
        await AssertAccountIsRefusedAsync("require_account()");
        await AssertAccountIsRefusedAsync($"require_lease_name('{SomeRole}')");
        await AssertAccountIsRefusedAsync($"require_lease_role('{SomeRole}')");
        await AssertAccountIsRefusedAsync($"administers('{Group}'::regrole, '{Group}'::regrole)");
    }

    [Test]
    public async Task Account_may_neither_change_the_functions_nor_add_any()
    {
        await AssertRefusedAsync(
            PostgresErrorCodes.InsufficientPrivilege,
            () => RunSqlAsAccountAsync("CREATE FUNCTION secrets_broker.own() RETURNS int LANGUAGE sql AS 'SELECT 1'"));
        await AssertRefusedAsync(
            PostgresErrorCodes.InsufficientPrivilege, () => RunSqlAsAccountAsync("ALTER FUNCTION secrets_broker.join_lease_role SECURITY INVOKER"));
    }

    [Test]
    public async Task Objects_of_the_callers_making_are_not_found_in_place_of_the_servers()
    {
        await RunSqlAsAccountAsync($"""
            CREATE TEMP TABLE pg_authid (oid oid, rolname name, rolsuper bool);
            CREATE TEMP TABLE pg_auth_members (roleid oid, member oid, admin_option bool);
            INSERT INTO pg_auth_members SELECT '{ForeignGroup}'::regrole, '{TestDatabase.Broker}'::regrole, true;
            SET search_path = pg_temp, pg_catalog;
            DO $$ BEGIN
                PERFORM secrets_broker.{Create($"'{SomeRole}'", ForeignGroup)};
                RAISE 'it was made';
            EXCEPTION WHEN insufficient_privilege THEN
                NULL;
            END $$;
            """);
    }
}
