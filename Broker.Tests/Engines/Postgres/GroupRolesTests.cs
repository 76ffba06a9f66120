using System.Text.Json;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.All))]
internal sealed class GroupRolesTests(string version) : PostgresFixture(version)
{
    private readonly string _version = version;

    [Test]
    public async Task Fifty_leases_of_a_new_grant_are_issued_at_once_by_two_brokers()
    {
        await using var other = EngineOf(TestDatabase.Target(TestDatabase.Broker));
        var grant = NewGrant("GRANT SELECT, INSERT, UPDATE ON invoices TO {{group}}");
        var requests = Enumerable.Range(0, 50).Select(_ => Request(grant)).ToArray();

        var credentials = await Task.WhenAll(requests.Select((r, i) => (i % 2 == 0 ? Engine : other).IssueAsync(r, Token).AsTask()));

        Assert.That(await CountMembersAsync(grant), Is.EqualTo(50));
        await Task.WhenAll(requests.Zip(credentials, (r, c) => Engine.RevokeAsync(LeaseOf(r, c.Handle), Token).AsTask()));
        Assert.That(await CountMembersAsync(grant), Is.Zero);
    }

    [Test]
    public async Task Twenty_new_grants_on_one_table_are_made_at_once_by_two_brokers()
    {
        await using var other = EngineOf(TestDatabase.Target(TestDatabase.Broker));
        var requests = Enumerable.Range(0, 20).Select(_ => Request(NewGrant(ReadInvoices))).ToArray();

        var credentials = await Task.WhenAll(requests.SelectMany(r => (Task<Credential>[])
            [Engine.IssueAsync(r, Token).AsTask(), other.IssueAsync(r with { LeaseId = SecretsBroker.Leases.LeaseId.New(1) }, Token).AsTask()]));

        Assert.That(credentials, Has.Length.EqualTo(40));
        await Task.WhenAll(credentials.Cast<DatabaseCredential>().Select(c =>
            Engine.RevokeAsync(LeaseOf(requests[0] with { LeaseId = SecretsBroker.Leases.LeaseId.Parse(c.Username[3..]) }, c.Handle), Token).AsTask()));
    }

    [Test]
    public async Task Statements_that_became_narrower_leave_less_also_for_leases_that_live()
    {
        await TestDatabase.RunAsync("CREATE ROLE readers; GRANT SELECT ON payroll TO readers; GRANT readers TO broker WITH ADMIN OPTION");
        var grant = NewGrant("GRANT SELECT, DELETE ON invoices TO {{group}}", "GRANT readers TO {{group}}");
        var (before, credential) = await IssueAsync(grant);
        await using var session = await TestDatabase.LogInAsync(credential);
        await TestDatabase.RunAsync(session, "DELETE FROM invoices WHERE id = 0; SELECT * FROM payroll");

        var (after, _) = await IssueAsync(grant with { Settings = NewGrant(ReadInvoices).Settings });

        Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => TestDatabase.RunAsync(session, "DELETE FROM invoices WHERE id = 0"));
        await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => TestDatabase.RunAsync(session, "SELECT * FROM payroll"));
        await RevokeAndVerifyAsync(before);
        await RevokeAndVerifyAsync(after);
    }

    [Test]
    public async Task Grant_that_moves_to_another_database_leaves_nothing_in_the_first()
    {
        var grant = NewGrant(ReadInvoices);
        var (before, _) = await IssueAsync(grant);
        var (after, _) = await IssueAsync(grant with
        {
            Settings = JsonSerializer.SerializeToElement(new { database = "billing", statements = ReadInvoices }),
        });

        const string Sql = "SELECT relacl::text FROM pg_class WHERE relname = 'invoices'";
        Assert.That(await TestDatabase.RunAsync(Sql), Does.Not.Contain(Group(grant)));
        Assert.That(await TestDatabase.RunAsync(TestDatabase.Server, "billing", Sql), Does.Contain(Group(grant)));
        await RevokeAndVerifyAsync(before);
        await RevokeAndVerifyAsync(after);
    }

    [Test]
    public async Task Group_that_somebody_removed_is_made_again()
    {
        var grant = NewGrant(ReadInvoices);
        var (first, _) = await IssueAsync(grant);
        await RevokeAndVerifyAsync(first);
        await TestDatabase.RunAsync($"SET ROLE broker; GRANT {Group(grant)} TO broker; DROP OWNED BY {Group(grant)}; DROP ROLE {Group(grant)}");

        var (second, credential) = await IssueAsync(grant);

        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        }

        await RevokeAndVerifyAsync(second);
    }

    [Test]
    public async Task Group_that_another_account_made_is_used_with_its_admin_option()
    {
        await using var other = EngineOf(TestDatabase.Target("postgres"));
        var grant = NewGrant(ReadInvoices);
        var made = Request(grant);
        using (var credential = await other.IssueAsync(made, Token))
        {
            await other.RevokeAsync(LeaseOf(made, credential.Handle), Token);
        }

        if (await MajorVersionAsync() >= 16)
        {
            await AssertFailsAsync(Engine, grant, "WITH ADMIN OPTION");
            await TestDatabase.RunAsync($"GRANT {Group(grant)} TO broker WITH ADMIN OPTION");
        }

        var (lease, login) = await IssueAsync(grant);
        await using (var session = await TestDatabase.LogInAsync(login))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Account_that_is_a_member_of_the_one_before_goes_on_with_what_that_made()
    {
        await TestDatabase.RunAsync($"""
            DROP ROLE IF EXISTS successor;
            CREATE ROLE successor LOGIN CREATEROLE PASSWORD '{TestDatabase.Server.Password}';
            GRANT {TestDatabase.Broker} TO successor;
            """);
        await using var engine = EngineOf(TestDatabase.Target("successor"));
        var grant = NewGrant("GRANT SELECT ON invoices TO {{group}}", "GRANT CREATE ON SCHEMA public TO {{group}}");
        var (before, login) = await IssueAsync(grant);
        await using var session = await TestDatabase.LogInAsync(login);
        await TestDatabase.RunAsync(session, "CREATE TABLE made_before (n int)");
        if (PostgresVersions.HasFunctions(_version))
        {
            await TestDatabase.GiveFunctionsAsync("successor");
        }

        var after = Request(grant);
        try
        {
            await engine.RevokeAsync(before, Token);
            using var credential = await engine.IssueAsync(after, Token);
            await engine.RevokeAsync(LeaseOf(after, credential.Handle), Token);
        }
        finally
        {
            if (PostgresVersions.HasFunctions(_version))
            {
                await TestDatabase.GiveFunctionsAsync(TestDatabase.Broker);
            }
        }

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(session, "SELECT 1"));
        Assert.That((await engine.VerifyAsync(before, Token)).Gone, Is.True);
        Assert.That((await engine.VerifyAsync(LeaseOf(after), Token)).Gone, Is.True);
        await TestDatabase.RunAsync("DROP ROLE successor");
    }

    [Test]
    public async Task Role_of_the_groups_name_that_no_broker_made_is_left_alone()
    {
        var grant = NewGrant(ReadInvoices);
        await TestDatabase.RunAsync($"CREATE ROLE {Group(grant)} CREATEDB");

        await AssertFailsAsync(Engine, grant, "was not made by a broker");

        Assert.That(await TestDatabase.RunAsync($"SELECT rolcreatedb FROM pg_roles WHERE rolname = '{Group(grant)}'"), Is.True);
        await TestDatabase.RunAsync($"DROP ROLE {Group(grant)}");
    }

    [Test]
    public async Task Group_that_somebody_else_granted_something_to_is_not_taken_for_empty()
    {
        var grant = NewGrant(ReadInvoices);
        var (lease, _) = await IssueAsync(grant);
        await RevokeAndVerifyAsync(lease);
        await TestDatabase.RunAsync($"GRANT SELECT ON payroll TO {Group(grant)}");

        await AssertFailsAsync(Engine, grant with { Settings = NewGrant("GRANT SELECT (id) ON invoices TO {{group}}").Settings }, "another account");

        await TestDatabase.RunAsync($"REVOKE SELECT ON payroll FROM {Group(grant)}");
    }

    [Test]
    public async Task Group_that_owns_something_is_not_emptied()
    {
        var grant = NewGrant("GRANT CREATE ON SCHEMA public TO {{group}}");
        var (lease, credential) = await IssueAsync(grant);
        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            await TestDatabase.RunAsync(session, $"SET ROLE {Group(grant)}; CREATE TABLE groups_own (n int)");
        }

        await RevokeAndVerifyAsync(lease);

        await AssertFailsAsync(Engine, grant with { Settings = NewGrant(ReadInvoices).Settings }, "owns objects");

        Assert.That(await TestDatabase.RunAsync("SELECT count(*) FROM groups_own"), Is.Zero);
        await TestDatabase.RunAsync("DROP TABLE groups_own");
    }

    [TestCase("GRANT almighty TO {{group}}", TestName = "Statement_that_makes_the_group_a_superusers_member_is_undone")]
    [TestCase("CREATE ROLE between IN ROLE almighty ROLE {{group}}", TestName = "Statement_that_does_so_on_a_detour_is_undone")]
    public async Task Dangerous(string statement)
    {
        await using var superuser = EngineOf(TestDatabase.Target("postgres"));
        await TestDatabase.RunAsync("DROP ROLE IF EXISTS almighty; CREATE ROLE almighty SUPERUSER");
        var grant = NewGrant(statement);

        await AssertFailsAsync(superuser, grant, "allow_dangerous");

        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname IN ('{Group(grant)}', 'between')"), Is.Zero);
    }

    [Test]
    public async Task Statement_that_fails_is_named_by_its_number_and_not_by_the_servers_words()
    {
        var grant = NewGrant("GRANT SELECT ON invoices TO {{group}}", "GRANT SELECT ON table_of_the_canary TO {{group}}");

        var failure = await AssertFailsAsync(Engine, grant, "statement 1");

        Assert.That(failure.ToString(), Does.Contain(PostgresErrorCodes.UndefinedTable).And.Not.Contain("canary"));
        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{Group(grant)}'"), Is.Zero);
    }

    private static string Group(Grant grant) => PostgresNames.GroupOf(grant.Name);

    private async Task<EngineException> AssertFailsAsync(ICredentialEngine engine, Grant grant, string why)
    {
        var request = Request(grant);
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(request, Token));
        Assert.That(failure!.Message, Does.Contain(why));
        Assert.That(failure.IsTransient, Is.False);
        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{RoleOf(request)}'"), Is.Zero);
        return failure;
    }
}
