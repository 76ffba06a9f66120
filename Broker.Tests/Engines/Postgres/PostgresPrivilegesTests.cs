using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>Grants that say what they allow by names and privileges.</summary>
[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.All))]
internal sealed class PostgresPrivilegesTests(string version) : PostgresFixture(version)
{
    [Test]
    public async Task Lease_may_do_what_its_privileges_say_and_nothing_else()
    {
        await TestDatabase.RunAsync("""
            CREATE SCHEMA shop;
            CREATE TABLE shop.customers (id serial PRIMARY KEY, name text, card text);
            INSERT INTO shop.customers (name, card) VALUES ('Ada', '4711');
            CREATE FUNCTION shop.count_customers(at_least integer) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM shop.customers';
            REVOKE EXECUTE ON FUNCTION shop.count_customers FROM PUBLIC;
            GRANT USAGE ON SCHEMA shop TO broker WITH GRANT OPTION;
            GRANT ALL ON ALL TABLES IN SCHEMA shop TO broker WITH GRANT OPTION;
            GRANT ALL ON ALL SEQUENCES IN SCHEMA shop TO broker WITH GRANT OPTION;
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA shop TO broker WITH GRANT OPTION;
            """);
        var (lease, credential) = await IssueAsync(NewGrant(new
        {
            tables = Map(("public.invoices", (string[])["SELECT"])),
            columns = Map(("shop.customers", Map(("SELECT", (string[])["id", "name"]), ("INSERT", ["name"])))),
            sequences = Map(("shop.customers_id_seq", (string[])["USAGE"])),
            functions = (string[])["shop.count_customers(integer)"],
        }));
        await using (var session = await TestDatabase.LogInAsync(credential, Token))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
            await TestDatabase.RunAsync(session, "INSERT INTO shop.customers (name) VALUES ('Bob')");
            Assert.That(await TestDatabase.RunAsync(session, "SELECT string_agg(name, ' ' ORDER BY id) FROM shop.customers"), Is.EqualTo("Ada Bob"));
            Assert.That(await TestDatabase.RunAsync(session, "SELECT shop.count_customers(1)"), Is.EqualTo(2));
            foreach (var forbidden in (string[])
                [
                    "SELECT card FROM shop.customers", "UPDATE shop.customers SET name = ''", "INSERT INTO shop.customers (card) VALUES ('')",
                    "SELECT setval('shop.customers_id_seq', 1)", "DELETE FROM invoices", "SELECT * FROM payroll",
                ])
            {
                await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => TestDatabase.RunAsync(session, forbidden));
            }
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Privileges_that_became_fewer_are_taken_from_leases_that_live()
    {
        var grant = NewGrant(new { tables = Map(("public.invoices", (string[])["SELECT", "DELETE"])) });
        var (before, credential) = await IssueAsync(grant);
        await using var session = await TestDatabase.LogInAsync(credential, Token);
        await TestDatabase.RunAsync(session, "DELETE FROM invoices WHERE id = 0");

        var (after, _) = await IssueAsync(grant with { Settings = NewGrant(new { tables = Map(("public.invoices", (string[])["SELECT"])) }).Settings });

        await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => TestDatabase.RunAsync(session, "DELETE FROM invoices WHERE id = 0"));
        await RevokeAndVerifyAsync(before);
        await RevokeAndVerifyAsync(after);
    }

    [Test]
    public async Task What_the_account_cannot_pass_on_fails_the_issue_and_says_which_setting()
    {
        await TestDatabase.RunAsync("CREATE TABLE half_given (n int); GRANT SELECT ON half_given TO broker WITH GRANT OPTION; GRANT INSERT ON half_given TO broker");
        var request = Request(NewGrant(new { tables = Map(("public.half_given", (string[])["SELECT", "INSERT"])) }));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));

        Assert.That(failure!.Message, Does.Contain("tables/public.half_given"));
        Assert.That(failure.IsTransient, Is.False);
        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname IN ('{RoleOf(request)}', '{PostgresNames.GroupOf(request.Grant.Name)}')"), Is.Zero);
    }

    [TestCase("\"; DROP TABLE invoices; --")]
    [TestCase("'); DROP TABLE invoices; --")]
    [TestCase("$do$ END $do$; DROP TABLE invoices; --")]
    [TestCase("a.b.\"c\"")]
    [TestCase("агент 😀")]
    [TestCase("x23456789012345678901234567890123456789012345678901234567890123")]
    public async Task Hostile_names_of_databases_schemas_and_tables_mean_themselves_in_issuing_and_in_revoking(string hostile)
    {
        var name = PostgresQuoting.Identifier(hostile);
        await TestDatabase.RunAsync($"CREATE DATABASE {name}");
        await TestDatabase.RunAsync(TestDatabase.Server, hostile, $"""
            CREATE SCHEMA {name};
            CREATE TABLE {name}.{name} ({name} int);
            GRANT ALL ON SCHEMA {name} TO broker WITH GRANT OPTION;
            GRANT ALL ON {name}.{name} TO broker WITH GRANT OPTION;
            """);
        await using var engine = EngineOf(WithDatabase(TestDatabase.Target(TestDatabase.Broker), hostile));
        var request = Request(NewGrant(new
        {
            database = hostile,
            tables = Map(($"{name}.{name}", (string[])["SELECT"])),
            columns = Map(($"{name}.{name}", Map(("UPDATE", (string[])[hostile])))),
            statements = (string[])[$"GRANT CREATE ON SCHEMA {name} TO {{{{group}}}}"],
            // The names hold words that raw statements may not.
            allow_dangerous = true,
        }));
        var credential = (DatabaseCredential)await engine.IssueAsync(request, Token);
        await using (var session = await TestDatabase.LogInAsync(credential, Token))
        {
            await TestDatabase.RunAsync(session, $"UPDATE {name}.{name} SET {name} = 1; CREATE TABLE {name}.agents AS SELECT * FROM {name}.{name}");
            await engine.RevokeAsync(LeaseOf(request, credential.Handle), Token);
        }

        var verification = await engine.VerifyAsync(LeaseOf(request, credential.Handle), Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
        Assert.That(
            await TestDatabase.RunAsync(TestDatabase.Server, hostile, "SELECT count(*) FROM pg_class WHERE relname = 'agents'"), Is.Zero);
        Assert.That(await TestDatabase.RunAsync("SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        await TestDatabase.RunAsync($"DROP DATABASE {name} WITH (FORCE)");
    }

    [Test]
    public async Task Sessions_begin_with_their_settings_for_row_level_security()
    {
        await SessionSettingsOrIgnoreAsync();
        await TestDatabase.RunAsync("""
            CREATE TABLE tenants_rows (tenant text, n int);
            INSERT INTO tenants_rows VALUES ('acme', 1), ('it''s', 2), ('other', 4);
            ALTER TABLE tenants_rows ENABLE ROW LEVEL SECURITY;
            CREATE POLICY by_setting ON tenants_rows USING (tenant = current_setting('app.tenant', true));
            GRANT SELECT ON tenants_rows TO broker WITH GRANT OPTION;
            """);
        var grant = NewGrant(new
        {
            tables = Map(("public.tenants_rows", (string[])["SELECT"])),
            session_settings = Map(("app.tenant", "it's"), ("app.who", "{{workload}} {{task}} {{lease}}")),
        });
        var (lease, credential) = await IssueAsync(grant);
        await using (var session = await TestDatabase.LogInAsync(credential, Token))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(n) FROM tenants_rows"), Is.EqualTo(2));
            Assert.That(await TestDatabase.RunAsync(session, "SHOW app.who"), Is.EqualTo($"{lease.Owner} {lease.Task.Id} {lease.Id}"));
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Policy_for_the_grants_group_binds_whatever_the_session_sets()
    {
        await SessionSettingsOrIgnoreAsync();
        var grant = NewGrant(new { tables = Map(("public.bound_rows", (string[])["SELECT"])), session_settings = Map(("app.tenant", "acme")) });
        await TestDatabase.RunAsync("""
            CREATE TABLE bound_rows (tenant text, n int);
            INSERT INTO bound_rows VALUES ('acme', 1), ('other', 4);
            ALTER TABLE bound_rows ENABLE ROW LEVEL SECURITY;
            GRANT SELECT ON bound_rows TO broker WITH GRANT OPTION;
            """);
        var (first, _) = await IssueAsync(grant);
        await TestDatabase.RunAsync($"CREATE POLICY acme ON bound_rows TO {PostgresNames.GroupOf(grant.Name)} USING (tenant = 'acme')");
        var (lease, credential) = await IssueAsync(grant);
        await using (var session = await TestDatabase.LogInAsync(credential, Token))
        {
            await TestDatabase.RunAsync(session, "SET app.tenant = 'other'");
            Assert.That(await TestDatabase.RunAsync(session, "SHOW app.tenant"), Is.EqualTo("other"), "a session's settings are its own");
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(n) FROM bound_rows"), Is.EqualTo(1));
        }

        await RevokeAndVerifyAsync(first);
        await RevokeAndVerifyAsync(lease);
    }

    [TestCase("role", TestName = "Session_setting_that_is_the_servers_own_is_refused")]
    [TestCase("app.x = 1; --", TestName = "Session_setting_that_goes_on_as_SQL_is_refused")]
    public void Settings(string name)
    {
        var faults = new CatalogFaults();
        var grant = NewGrant(new { tables = Map(("public.invoices", (string[])["SELECT"])), session_settings = Map((name, "x")) });

        new PostgresEngineType(TimeProvider.System, NullLogger<PostgresEngine>.Instance).ValidateGrant(grant, TestDatabase.Target(TestDatabase.Broker), faults);

        Assert.That(faults.All.Select(fault => fault.Path), Is.EqualTo(new[] { $"grants/{grant.Name}/settings/session_settings/{name}" }));
    }

    private static async Task SessionSettingsOrIgnoreAsync()
    {
        if (await MajorVersionAsync() < 15)
        {
            Assert.Ignore("Before PostgreSQL 15 only a superuser gives a role a session setting.");
        }
    }

    private static Grant NewGrant(object settings) => NewGrant() with { Settings = JsonSerializer.SerializeToElement(settings) };

    private static Dictionary<string, T> Map<T>(params (string Key, T Value)[] members) => members.ToDictionary(member => member.Key, member => member.Value);

    private static Target WithDatabase(Target target, string database)
    {
        var settings = System.Text.Json.Nodes.JsonObject.Create(target.Settings)!;
        settings["databases"] = new System.Text.Json.Nodes.JsonArray("orders", database);
        return target with { Settings = JsonSerializer.SerializeToElement(settings) };
    }
}
