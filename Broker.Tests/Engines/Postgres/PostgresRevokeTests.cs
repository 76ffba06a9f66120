using Npgsql;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.All))]
internal sealed class PostgresRevokeTests(string version) : PostgresFixture(version)
{
    private static readonly string[] _build = ["GRANT SELECT ON invoices TO {{group}}", "GRANT CREATE ON SCHEMA public TO {{group}}"];

    [Test]
    public async Task Session_that_took_the_group_role_ends()
    {
        var grant = NewGrant(ReadInvoices);
        var (lease, credential) = await IssueAsync(grant);
        await using var session = await TestDatabase.LogInAsync(credential);
        await TestDatabase.RunAsync(session, $"SET ROLE {PostgresQuoting.Identifier(PostgresNames.GroupOf(grant.Name))}");

        await RevokeAndVerifyAsync(lease);

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(session, "SELECT count(*) FROM invoices"));
    }

    [Test]
    public async Task Session_that_holds_its_own_role_ends()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await using var session = await TestDatabase.LogInAsync(credential);
        await HoldOwnRoleAsync(session);

        await RevokeAndVerifyAsync(lease);

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(session, "SELECT 1"));
    }

    [Test]
    public async Task Session_that_holds_its_own_role_keeps_no_other_lease_from_being_revoked()
    {
        var grant = NewGrant(ReadInvoices);
        var issued = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => IssueAsync(grant)));
        await using var session = await TestDatabase.LogInAsync(issued[5].Credential);
        await HoldOwnRoleAsync(session);

        await Task.WhenAll(issued.Select(one => RevokeAndVerifyAsync(one.Lease)));
    }

    [Test]
    public async Task Session_in_the_middle_of_a_statement_ends()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await using var session = await TestDatabase.LogInAsync(credential);
        var sleeping = TestDatabase.RunAsync(session, "SELECT pg_sleep(14)");

        await RevokeAndVerifyAsync(lease);

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => sleeping);
    }

    [Test]
    public async Task Sessions_that_leave_while_they_are_being_ended_do_not_fail_the_revocation()
    {
        for (var round = 0; round < 10; round++)
        {
            var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
            var entered = 0;
            var visitors = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        await using var session = await TestDatabase.LogInAsync(credential);
                        Interlocked.Increment(ref entered);
                    }
                }
                catch (NpgsqlException)
                {
                    // Ended, or not let in any more.
                }
            })).ToArray();
            await UntilAsync(() => Task.FromResult(Volatile.Read(ref entered) >= 4));

            // A login that was under way when the role went may be seen afterwards. It is not called gone then, and the next try ends it.
            await UntilAsync(async () =>
            {
                await Engine.RevokeAsync(lease, Token);
                return (await Engine.VerifyAsync(lease, Token)).Gone;
            });

            await Task.WhenAll(visitors);
        }
    }

    [Test]
    public async Task Sessions_of_others_go_on()
    {
        var grant = NewGrant(ReadInvoices);
        var (mine, credential) = await IssueAsync(grant);
        var (theirs, kept) = await IssueAsync(grant);
        await using var session = await TestDatabase.LogInAsync(credential);
        await using var going = await TestDatabase.LogInAsync(kept);
        await using var superusers = new NpgsqlConnection(TestDatabase.SuperuserConnectionString);
        await superusers.OpenAsync(Token);

        await RevokeAndVerifyAsync(mine);

        Assert.That(await TestDatabase.RunAsync(going, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        Assert.That(await TestDatabase.RunAsync(superusers, "SELECT 1"), Is.EqualTo(1));
        await RevokeAndVerifyAsync(theirs);
    }

    [Test]
    public async Task Session_of_a_role_that_somebody_dropped_ends_by_its_OID()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await using var session = await TestDatabase.LogInAsync(credential);
        await TestDatabase.RunAsync($"DROP ROLE {credential.Username}");
        Assert.That(await TestDatabase.RunAsync(session, "SELECT 1"), Is.EqualTo(1));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await using var asSuperuser = EngineOf(TestDatabase.Target("postgres"));

        await asSuperuser.RevokeAsync(lease, Token);

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(session, "SELECT 1"));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task Role_that_somebody_renamed_is_not_taken_for_gone()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await TestDatabase.RunAsync($"ALTER ROLE {credential.Username} RENAME TO hidden");

        await Engine.RevokeAsync(lease, Token);

        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        await TestDatabase.RunAsync("DROP ROLE hidden");
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [TestCase("postgres")]
    [TestCase(TestDatabase.Broker)]
    public async Task What_the_agent_made_is_removed_in_every_database(string account)
    {
        await using var engine = EngineOf(TestDatabase.Target(account));
        await TestDatabase.RunAsync("CREATE SCHEMA IF NOT EXISTS kept");
        var request = Request(NewGrant(_build));
        var credential = (SecretsBroker.Engines.DatabaseCredential)await engine.IssueAsync(request, Token);
        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            await TestDatabase.RunAsync(session, """
                CREATE TABLE agents (n serial, owner text DEFAULT current_user);
                CREATE FUNCTION agents_function() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
                CREATE TYPE agents_type AS ENUM ('a');
                SELECT lo_create(4711);
                GRANT SELECT ON agents TO PUBLIC;
                """);
            await session.ChangeDatabaseAsync("billing", Token);
            await TestDatabase.RunAsync(session, "CREATE TABLE agents_too (n int)");
            // Somebody relies on what the agent made: that must not keep the role alive.
            await TestDatabase.RunAsync("CREATE VIEW kept.on_agents AS SELECT * FROM agents");

            await engine.RevokeAsync(LeaseOf(request), Token);
        }

        var verification = await engine.VerifyAsync(LeaseOf(request, credential.Handle), Token);
        Assert.That(verification.Gone, Is.True, verification.Evidence);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                await TestDatabase.RunAsync("SELECT count(*) FROM pg_class WHERE relname LIKE 'agents%' OR relname = 'on_agents'"), Is.Zero);
            Assert.That(await TestDatabase.RunAsync("SELECT count(*) FROM pg_proc WHERE proname = 'agents_function'"), Is.Zero);
            Assert.That(await TestDatabase.RunAsync("SELECT count(*) FROM pg_type WHERE typname = 'agents_type'"), Is.Zero);
            Assert.That(await TestDatabase.RunAsync("SELECT count(*) FROM pg_largeobject_metadata WHERE oid = 4711"), Is.Zero);
            Assert.That(
                await TestDatabase.RunAsync(TestDatabase.Server, "billing", "SELECT count(*) FROM pg_class WHERE relname = 'agents_too'"), Is.Zero);
            Assert.That(await TestDatabase.RunAsync("SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        }
    }

    [Test]
    public async Task Agent_that_grants_to_another_keeps_its_role_but_not_its_access()
    {
        var grant = NewGrant(_build);
        var (giving, giver) = await IssueAsync(grant);
        var (taking, taker) = await IssueAsync(grant);
        await using (var session = await TestDatabase.LogInAsync(giver))
        {
            await TestDatabase.RunAsync(session, $"CREATE TABLE bait (n int); GRANT SELECT ON bait TO {taker.Username}");
        }

        await using var taken = await TestDatabase.LogInAsync(taker);
        var failure = await Assert.ThrowsAsync<SecretsBroker.Engines.EngineException>(async () => await Engine.RevokeAsync(taking, Token));

        // Only who granted it can take it back; that is the other agent, whose lease ends as well.
        Assert.That(failure!.IsTransient, Is.True);
        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(taken, "SELECT 1"));
        await AssertRefusedAsync(PostgresErrorCodes.InvalidAuthorizationSpecification, () => TestDatabase.LogInAsync(taker));
        Assert.That((await Engine.VerifyAsync(taking, Token)).Gone, Is.False);
        await RevokeAndVerifyAsync(giving);
        await RevokeAndVerifyAsync(taking);
    }

    [Test]
    public async Task Access_lists_of_tables_are_after_500_leases_what_they_were()
    {
        var grant = NewGrant(ReadInvoices);
        var (first, _) = await IssueAsync(grant);
        await RevokeAndVerifyAsync(first);
        var before = await TestDatabase.RunAsync("SELECT relacl::text FROM pg_class WHERE relname = 'invoices'");

        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (_, token) =>
        {
            var request = Request(grant);
            using var credential = await Engine.IssueAsync(request, token);
            await Engine.RevokeAsync(LeaseOf(request, credential.Handle), token);
        });

        Assert.That(await TestDatabase.RunAsync("SELECT relacl::text FROM pg_class WHERE relname = 'invoices'"), Is.EqualTo(before));
        Assert.That(await TestDatabase.RunAsync("SELECT count(*) FROM pg_db_role_setting s WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = s.setrole)"), Is.Zero);
        Assert.That(await CountMembersAsync(grant), Is.Zero);
    }

    // What any role may do. Until it commits nobody else changes the role.
    private static Task<object?> HoldOwnRoleAsync(NpgsqlConnection session) =>
        TestDatabase.RunAsync(session, "BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'changed by itself'");
}
