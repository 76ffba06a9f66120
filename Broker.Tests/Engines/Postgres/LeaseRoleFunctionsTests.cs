using Npgsql;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>
/// <c>samples/postgres/lease-roles.sql</c>: functions of a superuser's, called by an account that is none. They must let it make, change and drop the
/// roles of its own leases, and reach nothing else: whoever's session its code runs in, whatever has changed since they were made.
/// </summary>
[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.WithFunctions))]
internal sealed partial class LeaseRoleFunctionsTests(string version) : PostgresFixture(version)
{
    private const string SomeRole = "sb_00abcdefghijklmnopqrstuv01";
    private const string Group = "administered_group";
    private const string ForeignGroup = "foreign_group";
    private const string OtherRole = "other_role";
    private const string GiveGroup = $"GRANT {Group} TO {TestDatabase.Broker} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;";
    private const string Until = "now() + interval '1 hour'";

    private readonly string _version = version;

    [OneTimeSetUp]
    public Task MakeGroupsAsync() => TestDatabase.RunAsync($"""
        CREATE ROLE {Group};
        CREATE ROLE {ForeignGroup};
        {GiveGroup}
        """);

    [OneTimeTearDown]
    public Task DropGroupsAsync() => TestDatabase.RunAsync($"DROP ROLE IF EXISTS {SomeRole}, {Group}, {ForeignGroup}");

    [TearDown]
    public Task DropRoleAsync() => TestDatabase.RunAsync($"DROP ROLE IF EXISTS {SomeRole}, {OtherRole}");

    [TestCase("ANALYZE bait")]
    [TestCase("REINDEX TABLE bait")]
    public async Task Code_of_the_accounts_that_runs_in_a_superusers_session_is_refused(string statement)
    {
        await RunSqlAsAccountAsync($"""
            CREATE TABLE public.bait (n int);
            INSERT INTO public.bait VALUES (1);
            CREATE FUNCTION public.bite(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
            BEGIN
                IF session_user <> '{TestDatabase.Broker}' THEN
                    PERFORM secrets_broker.{Create($"'{SomeRole}'", PostgresServer.Username)};
                END IF;
                RETURN n;
            END $$;
            CREATE INDEX ON public.bait (public.bite(n));
            """);
        try
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.RunAsync(statement));

            Assert.That(refusal!.MessageText, Does.Contain("for the broker's account only"));
        }
        finally
        {
            await TestDatabase.RunAsync("DROP TABLE bait; DROP FUNCTION bite");
        }
    }

    [Test]
    public async Task Another_account_is_refused_whatever_it_was_granted()
    {
        await TestDatabase.RunAsync($"""
            CREATE ROLE {OtherRole} LOGIN CREATEROLE PASSWORD '{TestDatabase.Server.Password}';
            GRANT {TestDatabase.Broker} TO {OtherRole};
            """);
        foreach (var call in CallsOn($"'{SomeRole}'"))
        {
            await AssertRefusedAsync(
                PostgresErrorCodes.InsufficientPrivilege,
                () => RunSqlAsync(OtherRole, TestDatabase.Server.Password, $"SELECT secrets_broker.{call}"));
        }
    }

    [Test]
    public async Task Account_without_CREATEROLE_is_refused()
    {
        await RunAsAccountAsync(Create($"'{SomeRole}'", Group));
        await TestDatabase.RunAsync($"ALTER ROLE {TestDatabase.Broker} NOCREATEROLE");
        try
        {
            await AssertIsLeftAloneAsync(PostgresErrorCodes.InsufficientPrivilege);
        }
        finally
        {
            await TestDatabase.RunAsync($"ALTER ROLE {TestDatabase.Broker} CREATEROLE");
        }
    }

    [TestCase($"ALTER ROLE {OtherRole} SUPERUSER")]
    [TestCase($"GRANT {PostgresServer.Username} TO {OtherRole}")]
    public async Task Group_that_is_a_superuser_by_now_is_not_passed_on(string promotion)
    {
        await RunSqlAsAccountAsync($"CREATE ROLE {OtherRole}");
        await TestDatabase.RunAsync(promotion);

        await AssertAccountIsRefusedAsync(Create($"'{SomeRole}'", OtherRole));
    }

    [Test]
    public async Task Role_of_another_accounts_lease_does_not_become_the_accounts_by_a_group_of_its()
    {
        await TestDatabase.RunAsync($"CREATE ROLE {OtherRole} CREATEROLE; CREATE ROLE {SomeRole} LOGIN IN ROLE {ForeignGroup}");
        var other = await TestDatabase.RunAsync($"SELECT '{OtherRole}'::regrole::oid::text");
        await TestDatabase.RunAsync($"COMMENT ON ROLE {SomeRole} IS 'secrets-broker account {other}'");
        await RunSqlAsAccountAsync($"GRANT {Group} TO {SomeRole}");

        await AssertIsLeftAloneAsync();
        await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => RunSqlAsAccountAsync($"COMMENT ON ROLE {SomeRole} IS 'mine'"));
    }

    [TestCase("REPEATABLE READ")]
    [TestCase("SERIALIZABLE")]
    public async Task Transaction_that_would_check_an_old_state_is_refused(string isolation)
    {
        await RunAsAccountAsync(Create($"'{SomeRole}'", Group));
        foreach (var call in CallsOn($"'{SomeRole}'"))
        {
            await AssertRefusedAsync(
                PostgresErrorCodes.InsufficientPrivilege,
                () => RunSqlAsAccountAsync($"BEGIN ISOLATION LEVEL {isolation}; SELECT secrets_broker.{call}"));
        }
    }

    [Test]
    public async Task Group_that_is_taken_away_while_its_new_member_waits_is_not_passed_on()
    {
        await using var other = await LogInAsync(TestDatabase.Broker, TestDatabase.BrokerPassword);
        await TestDatabase.RunAsync(other, $"BEGIN; CREATE ROLE {SomeRole}");
        var creating = RunAsAccountAsync(Create($"'{SomeRole}'", Group));
        await UntilAsync(async () => await TestDatabase.RunAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT secrets_broker.create_lease_role%'") is 1L);
        await TestDatabase.RunAsync($"REVOKE {Group} FROM {TestDatabase.Broker}");
        try
        {
            await TestDatabase.RunAsync(other, "ROLLBACK");

            await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => creating);
        }
        finally
        {
            await TestDatabase.RunAsync(GiveGroup);
        }
    }

    [Test]
    public async Task Group_that_has_got_anothers_name_while_its_new_member_waits_is_not_passed_on()
    {
        await using var other = new NpgsqlConnection(TestDatabase.SuperuserConnectionString);
        await other.OpenAsync(Token);
        await TestDatabase.RunAsync(other, $"CREATE ROLE {OtherRole}; BEGIN; GRANT {ForeignGroup} TO {OtherRole}");
        var creating = RunAsAccountAsync(Create($"'{SomeRole}'", ForeignGroup));
        await UntilAsync(async () => await TestDatabase.RunAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT secrets_broker.create_lease_role%'") is 1L);
        await TestDatabase.RunAsync($"ALTER ROLE {ForeignGroup} RENAME TO renamed_group; ALTER ROLE {Group} RENAME TO {ForeignGroup}");
        try
        {
            await TestDatabase.RunAsync(other, "ROLLBACK");

            await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => creating);
        }
        finally
        {
            await TestDatabase.RunAsync($"ALTER ROLE {ForeignGroup} RENAME TO {Group}; ALTER ROLE renamed_group RENAME TO {ForeignGroup}");
        }
    }

    [Test]
    public async Task Role_that_does_not_exist_is_passed_over_only_where_logins_are_forbidden()
    {
        foreach (var call in CallsOn($"'{SomeRole}'").Skip(1))
        {
            if (call.StartsWith("forbid", StringComparison.Ordinal))
            {
                await RunAsAccountAsync(call);
            }
            else
            {
                await AssertRefusedAsync(PostgresErrorCodes.UndefinedObject, () => RunAsAccountAsync(call));
            }
        }
    }

    [Test]
    public async Task Standby_that_does_not_know_of_a_role_passes_over_nothing()
    {
        await using var server = await TestDatabase.StartServerAsync(programs: PostgresVersions.FolderOrIgnore(_version));
        await TestDatabase.RunAsync(server, "orders", LeaseRoleFunctions.ScriptFor(TestDatabase.Broker));
        await server.RestartAsStandbyAsync();

        await AssertRefusedAsync(
            PostgresErrorCodes.ReadOnlySqlTransaction,
            () => RunSqlAsync(TestDatabase.Broker, TestDatabase.BrokerPassword, $"SELECT secrets_broker.forbid_lease_logins(ARRAY['{SomeRole}'])", server.Port));
    }

    [TestCase("INHERIT FALSE, SET FALSE", false)]
    [TestCase("INHERIT TRUE", true)]
    public async Task Group_that_another_administers_is_passed_on_only_with_that_ones_rights(string membership, bool isPassedOn)
    {
        await TestDatabase.RunAsync($"""
            CREATE ROLE {OtherRole};
            GRANT {ForeignGroup} TO {OtherRole} WITH ADMIN OPTION;
            GRANT {OtherRole} TO {TestDatabase.Broker} WITH {membership};
            """);

        if (isPassedOn)
        {
            await RunAsAccountAsync(Create($"'{SomeRole}'", ForeignGroup));
        }
        else
        {
            await AssertAccountIsRefusedAsync(Create($"'{SomeRole}'", ForeignGroup));
        }
    }

    [Test]
    public async Task Roles_of_a_group_that_the_account_has_no_more_are_removed()
    {
        await RunAsAccountAsync(Create($"'{SomeRole}'", Group));
        await TestDatabase.RunAsync($"REVOKE {Group} FROM {TestDatabase.Broker}");
        try
        {
            foreach (var call in CallsOn($"'{SomeRole}'").Skip(1))
            {
                await RunAsAccountAsync(call);
            }
        }
        finally
        {
            await TestDatabase.RunAsync(GiveGroup);
        }

        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{SomeRole}'"), Is.Zero);
    }

    [Test]
    public async Task End_of_a_role_is_the_same_instant_whatever_the_callers_zone_and_date_style()
    {
        await RunSqlAsAccountAsync($"""
            SET datestyle = 'SQL, MDY';
            SET timezone = 'Asia/Kolkata';
            SELECT secrets_broker.create_lease_role('{SomeRole}', '{Group}', NULL, '2030-03-01 12:00:00+00', 3);
            """);
        Assert.That(await EndAsync(), Is.EqualTo("2030-03-01 12:00:00"));

        await RunSqlAsAccountAsync($"""
            SET datestyle = 'SQL, DMY';
            SET timezone = 'Asia/Kolkata';
            SELECT secrets_broker.extend_lease_role('{SomeRole}', '2030-03-02 12:00:00+00');
            """);
        Assert.That(await EndAsync(), Is.EqualTo("2030-03-02 12:00:00"));

        static Task<object?> EndAsync() =>
            TestDatabase.RunAsync($"SELECT to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM pg_roles WHERE rolname = '{SomeRole}'");
    }

    [TestCase("somebody")]
    [TestCase("sb_00abcdefghijklmnopqrstuv0")]
    [TestCase("sb_00abcdefghijklmnopqrstuv012")]
    [TestCase("sb_00ABCDEFGHIJKLMNOPQRSTUV01")]
    [TestCase("sb_00abcdefghijklmnopqrstuv0\n")]
    [TestCase("sb_00abcdefghijklmnopqrstuv01\n")]
    [TestCase("sb_00abcdefghijklmnopqrstuv01\" SUPERUSER")]
    public async Task Only_names_of_leases_roles_are_taken(string name)
    {
        foreach (var call in CallsOn(PostgresQuoting.Literal(name)))
        {
            await AssertAccountIsRefusedAsync(call);
        }

        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname = {PostgresQuoting.Literal(name)}"), Is.Zero);
    }

    [Test]
    public async Task Null_is_no_name()
    {
        foreach (var call in CallsOn("NULL"))
        {
            await AssertAccountIsRefusedAsync(call);
        }
    }

    [TestCase("SUPERUSER")]
    [TestCase("CREATEROLE")]
    [TestCase("CREATEDB")]
    [TestCase("REPLICATION")]
    [TestCase("BYPASSRLS")]
    public async Task Role_with_rights_of_its_own_is_left_alone(string right)
    {
        await TestDatabase.RunAsync($"CREATE ROLE {SomeRole} LOGIN {right} IN ROLE {Group}");

        await AssertIsLeftAloneAsync();
    }

    [Test]
    public async Task Role_of_another_accounts_lease_is_left_alone()
    {
        await TestDatabase.RunAsync($"CREATE ROLE {SomeRole} LOGIN IN ROLE {ForeignGroup}");

        await AssertIsLeftAloneAsync();
    }

    [TestCase(ForeignGroup)]
    [TestCase("pg_read_all_data")]
    [TestCase(PostgresServer.Username)]
    public async Task Nobody_is_made_a_member_of_what_the_account_does_not_administer(string group)
    {
        await AssertAccountIsRefusedAsync(Create($"'{SomeRole}'", group));

        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{SomeRole}'"), Is.Zero);
    }

    [TestCase("session_preload_libraries")]
    [TestCase("log_statement")]
    [TestCase("role")]
    [TestCase("app.other")]
    [TestCase("app.task = 'x'; ALTER ROLE broker SUPERUSER; --")]
    public async Task Setting_that_the_account_may_not_set_is_refused(string setting)
    {
        await RunAsAccountAsync(Create($"'{SomeRole}'", Group));

        await AssertAccountIsRefusedAsync($"set_for_lease_role('{SomeRole}', {PostgresQuoting.Literal(setting)}, 'x')");
        await AssertAccountIsRefusedAsync($"set_for_lease_role('{SomeRole}', NULL, 'x')");
    }

    [Test]
    public async Task Value_that_goes_on_as_SQL_is_a_value()
    {
        const string Value = "'; ALTER ROLE broker SUPERUSER; --";
        await RunAsAccountAsync(Create($"'{SomeRole}'", Group));

        await RunAsAccountAsync($"set_for_lease_role('{SomeRole}', 'app.task', {PostgresQuoting.Literal(Value)})");

        Assert.That(
            await TestDatabase.RunAsync($"SELECT setconfig[1] FROM pg_db_role_setting WHERE setrole = '{SomeRole}'::regrole"), Is.EqualTo($"app.task={Value}"));
    }

    [Test]
    public async Task Made_role_has_what_was_asked_for_and_no_more()
    {
        await RunAsAccountAsync(Create($"'{SomeRole}'", Group));

        Assert.That(
            await TestDatabase.RunAsync($"""
                SELECT rolcanlogin AND rolinherit AND rolconnlimit = 3 AND rolvaliduntil BETWEEN now() AND now() + interval '1 hour'
                   AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) AND rolpassword IS NULL
                FROM pg_authid WHERE rolname = '{SomeRole}'
                """),
            Is.True);
        Assert.That(
            await TestDatabase.RunAsync($"SELECT string_agg(roleid::regrole::text, ' ') FROM pg_auth_members WHERE member = '{SomeRole}'::regrole"),
            Is.EqualTo(Group));
    }
}
