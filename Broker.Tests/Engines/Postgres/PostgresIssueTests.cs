using System.Text.Json;
using Npgsql;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.All))]
internal sealed class PostgresIssueTests(string version) : PostgresFixture(version)
{
    [Test]
    public async Task Lease_reads_what_its_grant_allows_and_nothing_else()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
            foreach (var forbidden in (string[])
                [
                    "SELECT * FROM payroll", "DELETE FROM invoices", "CREATE TABLE mine (n int)", "CREATE ROLE mine",
                    "SET ROLE postgres", "SET ROLE broker", "SELECT pg_read_file('/etc/passwd')",
                ])
            {
                await AssertRefusedAsync(PostgresErrorCodes.InsufficientPrivilege, () => TestDatabase.RunAsync(session, forbidden));
            }
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Role_is_bounded_as_the_grant_says()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));

        var role = $"FROM pg_authid WHERE rolname = '{credential.Username}'";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await TestDatabase.RunAsync($"SELECT oid::text {role}"), Is.EqualTo(credential.Handle));
            Assert.That(await TestDatabase.RunAsync($"SELECT rolconnlimit {role}"), Is.EqualTo(8));
            Assert.That(
                await TestDatabase.RunAsync($"SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls {role}"),
                Is.False);
            Assert.That(
                (DateTime)(await TestDatabase.RunAsync($"SELECT rolvaliduntil {role}"))!,
                Is.EqualTo(lease.ExpireTime.UtcDateTime).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(await TestDatabase.RunAsync($"SELECT rolpassword {role}"), Does.StartWith("SCRAM-SHA-256$1:"));
        }

        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SHOW statement_timeout"), Is.EqualTo("15s"));
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Statement_that_takes_too_long_is_ended()
    {
        var grant = NewGrant(ReadInvoices);
        var (lease, credential) = await IssueAsync(grant with
        {
            Settings = JsonSerializer.SerializeToElement(new { statements = ReadInvoices, statement_timeout = "3s" }),
        });
        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            await AssertRefusedAsync(PostgresErrorCodes.QueryCanceled, () => TestDatabase.RunAsync(session, "SELECT pg_sleep(30)"));
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Session_beyond_the_connection_limit_is_refused()
    {
        var grant = NewGrant(ReadInvoices);
        var (lease, credential) = await IssueAsync(grant with
        {
            Settings = JsonSerializer.SerializeToElement(new { statements = ReadInvoices, connection_limit = 2 }),
        });
        await using var first = await TestDatabase.LogInAsync(credential);
        await using var second = await TestDatabase.LogInAsync(credential);

        await AssertRefusedAsync(PostgresErrorCodes.TooManyConnections, () => TestDatabase.LogInAsync(credential));

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Password_is_valid_until_the_lease_ends_and_is_renewed_with_it()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices), timeToLive: TimeSpan.FromSeconds(-1));
        await AssertRefusedAsync(PostgresErrorCodes.InvalidPassword, () => TestDatabase.LogInAsync(credential));

        Assert.That(await Engine.RenewAsync(lease, lease.ExpireTime.AddMinutes(5), Token), Is.True);

        await using (await TestDatabase.LogInAsync(credential))
        {
            await RevokeAndVerifyAsync(lease);
        }

        Assert.That(await Engine.RenewAsync(lease, lease.ExpireTime.AddMinutes(5), Token), Is.False);
    }

    [Test]
    public async Task Renewal_that_comes_late_does_not_bring_the_end_nearer()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices), timeToLive: TimeSpan.FromSeconds(-60));

        Assert.That(await Engine.RenewAsync(lease, lease.ExpireTime.AddMinutes(5), Token), Is.True);
        Assert.That(await Engine.RenewAsync(lease, lease.ExpireTime.AddSeconds(1), Token), Is.True);

        await using (await TestDatabase.LogInAsync(credential))
        {
            await RevokeAndVerifyAsync(lease);
        }
    }

    [Test]
    public async Task Grant_may_name_another_database_of_the_target()
    {
        var grant = NewGrant();
        var (lease, credential) = await IssueAsync(grant with
        {
            Settings = JsonSerializer.SerializeToElement(new { database = "billing", statements = ReadInvoices }),
        });
        Assert.That(credential.Database, Is.EqualTo("billing"));
        await using (var session = await TestDatabase.LogInAsync(credential))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT current_database() || sum(amount) FROM invoices"), Is.EqualTo("billing300"));
        }

        await RevokeAndVerifyAsync(lease);
    }

    [Test]
    public async Task Issue_under_way_is_waited_for_by_the_revocation_and_seen()
    {
        var request = Request(NewGrant());
        var role = RoleOf(request);
        await using var underWay = new NpgsqlConnection(TestDatabase.SuperuserConnectionString);
        await underWay.OpenAsync(Token);
        await TestDatabase.RunAsync(underWay, $"BEGIN; SELECT pg_advisory_xact_lock({PostgresNames.LockOf(request.LeaseId)})");

        var revoking = Engine.RevokeAsync(LeaseOf(request), Token).AsTask();
        await UntilAsync(async () => await TestDatabase.RunAsync(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") is 1L);
        await TestDatabase.RunAsync(underWay, $"SET LOCAL ROLE broker; CREATE ROLE {role} LOGIN; COMMIT");
        await revoking;

        Assert.That(await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'"), Is.Zero);
    }

    [Test]
    public async Task Revocation_does_not_wait_for_ever_for_an_issue_under_way()
    {
        var request = Request(NewGrant());
        await using var engine = EngineOf(TestDatabase.Target(TestDatabase.Broker, timeout: TimeSpan.FromSeconds(1)));
        await using var underWay = new NpgsqlConnection(TestDatabase.SuperuserConnectionString);
        await underWay.OpenAsync(Token);
        await TestDatabase.RunAsync(underWay, $"BEGIN; SELECT pg_advisory_xact_lock({PostgresNames.LockOf(request.LeaseId)})");

        var failure = await Assert.ThrowsAsync<SecretsBroker.Engines.EngineException>(async () => await engine.RevokeAsync(LeaseOf(request), Token));

        Assert.That(failure!.IsTransient, Is.True);
    }
}
