using Npgsql;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine.Policies;
using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>
/// Where the account has the functions of <c>samples/postgres/lease-roles.sql</c>, beside what every engine does there. What the cost of a lease grows
/// with is the account's membership in the roles that it makes.
/// </summary>
[NonParallelizable]
[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.WithFunctions))]
internal sealed class RoleFunctionsTests(string version) : PostgresFixture(version)
{
    private static readonly string _take = $"REVOKE EXECUTE ON FUNCTION secrets_broker.create_lease_role, secrets_broker.drop_lease_roles FROM {TestDatabase.Broker}";

    [TearDown]
    public Task PutUpFunctionsAsync() => TestDatabase.GiveFunctionsAsync(TestDatabase.Broker);

    [Test]
    public async Task Account_is_a_member_of_no_lease_role_and_its_memberships_do_not_grow_with_them()
    {
        var grant = NewGrant(ReadInvoices);
        var (first, _) = await IssueAsync(grant);
        var before = await CountMembershipsAsync();

        var leases = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => IssueAsync(grant)));

        Assert.That(await CountMembersAsync(grant), Is.EqualTo(41));
        Assert.That(await CountMembershipsAsync(), Is.EqualTo(before));
        await Task.WhenAll(leases.Select(lease => RevokeAndVerifyAsync(lease.Lease)));
        await RevokeAndVerifyAsync(first);
    }

    [Test]
    public async Task Role_that_the_account_made_itself_is_renewed_and_removed()
    {
        var grant = NewGrant(ReadInvoices);
        var (lease, _) = await IssueAsync(grant);
        await RevokeAndVerifyAsync(lease);
        var role = PostgresNames.RoleOf(lease.Id);
        await TestDatabase.RunAsync($"SET ROLE broker; CREATE ROLE {role} LOGIN VALID UNTIL '2020-01-01' IN ROLE {PostgresNames.GroupOf(grant.Name)}");
        lease = lease with { Handle = "" };

        Assert.That(await Engine.RenewAsync(lease, lease.ExpireTime, Token), Is.True);

        Assert.That(await TestDatabase.RunAsync($"SELECT rolvaliduntil > now() FROM pg_roles WHERE rolname = '{role}'"), Is.True);
        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Account_that_takes_anothers_place_goes_on_with_the_functions_given_to_it()
    {
        var grant = NewGrant(ReadInvoices);
        var (before, _) = await IssueAsync(grant);
        await TestDatabase.RunAsync($"""
            CREATE ROLE heir LOGIN CREATEROLE PASSWORD '{TestDatabase.Server.Password}';
            GRANT {TestDatabase.Broker} TO heir;
            """);
        await TestDatabase.GiveFunctionsAsync("heir");
        await using (var engine = EngineOf(TestDatabase.Target("heir")))
        {
            var request = Request(grant);
            using var credential = await engine.IssueAsync(request, Token);

            await engine.RevokeAsync(before, Token);
            await engine.RevokeAsync(LeaseOf(request, credential.Handle), Token);

            Assert.That((await engine.VerifyAsync(before, Token)).Gone, Is.True);
            Assert.That((await engine.VerifyAsync(LeaseOf(request, credential.Handle), Token)).Gone, Is.True);
        }

        await TestDatabase.RunAsync("DROP OWNED BY heir; DROP ROLE heir");
    }

    [Test]
    public async Task Role_whose_group_somebody_removed_is_removed()
    {
        var grant = NewGrant(ReadInvoices);
        var (lease, _) = await IssueAsync(grant);
        var group = PostgresNames.GroupOf(grant.Name);
        await TestDatabase.RunAsync($"SET ROLE broker; GRANT {group} TO broker; DROP OWNED BY {group}; DROP ROLE {group}");

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Sessions_and_belongings_in_another_database_go_with_the_role()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await using var session = await TestDatabase.LogInAsync(credential);
        var elsewhere = new NpgsqlConnectionStringBuilder(TestDatabase.SuperuserConnectionString) { Database = "billing" };
        await using (var billing = new NpgsqlConnection(elsewhere.ConnectionString))
        {
            await billing.OpenAsync(Token);
            await TestDatabase.RunAsync(billing, $"SET ROLE {credential.Username}; CREATE TABLE made_in_billing (n int)");
        }

        await RevokeAndVerifyAsync(lease);

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(session, "SELECT 1"));
    }

    [Test]
    public async Task Functions_that_are_taken_away_and_put_up_again_are_noticed_without_a_restart()
    {
        var grant = NewGrant(ReadInvoices);
        var (byFunction, _) = await IssueAsync(grant);
        await TestDatabase.RunAsync(_take);

        var (byAccount, _) = await IssueAsync(grant);

        await RevokeAndVerifyAsync(byAccount);
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(byFunction, Token));
        Assert.That(failure!.Message, Does.Contain(PostgresErrorCodes.InsufficientPrivilege));
        await PutUpFunctionsAsync();
        await RevokeAndVerifyAsync(byFunction);
    }

    [Test]
    public async Task Schema_that_is_dropped_leaves_the_account_to_make_roles_itself()
    {
        var grant = NewGrant(ReadInvoices);
        await RevokeAndVerifyAsync((await IssueAsync(grant)).Lease);
        await TestDatabase.RunAsync("DROP SCHEMA secrets_broker CASCADE");

        var (lease, _) = await IssueAsync(grant);

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Check_says_what_is_missing()
    {
        Assert.That(await Engine.FindNotesAsync(Token), Is.Empty);
        await TestDatabase.RunAsync(_take);

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));

        Assert.That(failure!.Message, Does.Contain("lease-roles.sql").And.Contain("database orders"));
        await TestDatabase.RunAsync("DROP SCHEMA secrets_broker CASCADE");
        await Engine.CheckAsync(Token);
        Assert.That(await Engine.FindNotesAsync(Token), Has.One.Contains("lease-roles.sql"));
    }

    [Test]
    public async Task Check_command_prints_that_they_are_missing_as_a_note()
    {
        await TestDatabase.RunAsync("DROP SCHEMA secrets_broker CASCADE");
        var target = TestDatabase.Target(TestDatabase.Broker);
        using var sandbox = new Sandbox(new
        {
            targets = (object[])[new { name = target.Name, engine = target.Engine, settings = target.Settings }],
            grants = (object[])
            [
                new
                {
                    name = "read-invoices", action = "read", resource = "orders/invoices", target = target.Name, default_ttl = "5m", max_ttl = "1h",
                    settings = new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
                },
            ],
        });
        var file = sandbox.WriteConfiguration("one", sandbox.Settings("one", port: 0));

        var run = await BrokerRun.InvokeAsync("check", "--online", "--config", file);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain($"note: target {target.Name}: what a lease costs").And.Contain("no faults"));
    }

    [Test]
    public async Task Functions_of_somebody_who_is_no_superuser_are_not_used()
    {
        await TestDatabase.RunAsync($"""
            DROP ROLE IF EXISTS humble;
            CREATE ROLE humble;
            GRANT CREATE ON SCHEMA secrets_broker TO humble;
            ALTER FUNCTION secrets_broker.create_lease_role OWNER TO humble;
            """);

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.CheckAsync(Token));

        Assert.That(failure!.Message, Does.Contain("no superuser's"));
        await TestDatabase.RunAsync("DROP OWNED BY humble; DROP ROLE humble");
    }

    [Test]
    public async Task Functions_of_another_version_are_not_used()
    {
        await TestDatabase.RunAsync($"""
            DROP FUNCTION secrets_broker.extend_lease_role;
            CREATE FUNCTION secrets_broker.extend_lease_role(role text, expire_time timestamptz, extra int) RETURNS void
            LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
            """);
        var log = new RecordingLogger<PostgresEngine>();
        await using var engine = new PostgresEngineType(TimeProvider.System, log).Create(TestDatabase.Target(TestDatabase.Broker));
        var request = Request(NewGrant(ReadInvoices));

        using var credential = await engine.IssueAsync(request, Token);

        await engine.RevokeAsync(LeaseOf(request, credential.Handle), Token);
        Assert.That(log.Text, Does.Contain("secrets_broker of target orders-db"));
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));
        Assert.That(failure!.Message, Does.Contain("of another version"));
    }

    [Test]
    public async Task Account_that_another_was_given_them_in_place_of_makes_roles_itself()
    {
        // The account has the rights of the other, and with them those to the functions.
        await TestDatabase.RunAsync($"DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN CREATEROLE; GRANT stranger TO {TestDatabase.Broker}");
        await TestDatabase.GiveFunctionsAsync("stranger");

        var (lease, _) = await IssueAsync(NewGrant(ReadInvoices));

        await RevokeAndVerifyAsync(lease);
        await Engine.CheckAsync(Token);
        Assert.That(await Engine.FindNotesAsync(Token), Has.One.Contains("lease-roles.sql"));
        await PutUpFunctionsAsync();
        await TestDatabase.RunAsync("DROP ROLE stranger");
    }

    [Test]
    public async Task Script_puts_nothing_into_a_schema_that_is_there()
    {
        await AssertRefusedAsync(PostgresErrorCodes.DuplicateSchema, () => TestDatabase.RunAsync(LeaseRoleFunctions.ScriptFor(TestDatabase.Broker)));
    }

    [TestCase("USAGE, CREATE ON SCHEMAS")]
    [TestCase("EXECUTE ON FUNCTIONS")]
    public async Task Script_refuses_where_default_privileges_give_others_what_it_makes(string rights)
    {
        await TestDatabase.RunAsync($"DROP ROLE IF EXISTS bystander; CREATE ROLE bystander; ALTER DEFAULT PRIVILEGES GRANT {rights} TO bystander");
        try
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(PutUpFunctionsAsync);

            Assert.That(refusal!.MessageText, Does.Contain("default privileges"));
        }
        finally
        {
            await TestDatabase.RunAsync("DROP OWNED BY bystander; DROP ROLE bystander");
        }
    }

    [Test]
    public async Task Superuser_needs_no_functions()
    {
        await TestDatabase.RunAsync("DROP SCHEMA secrets_broker CASCADE");
        await using var engine = EngineOf(TestDatabase.Target(PostgresServer.Username));

        Assert.That(await engine.FindNotesAsync(Token), Is.Empty);
    }

    private static async Task<long> CountMembershipsAsync() =>
        (long)(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_auth_members WHERE member = '{TestDatabase.Broker}'::regrole"))!;
}
