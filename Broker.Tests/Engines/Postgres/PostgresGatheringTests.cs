using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>
/// Requests that share a transaction at a real server. A lock of another session's on the catalogue of roles makes them come together: behind
/// it the first of them stand still, and the others gather.
/// </summary>
internal sealed class PostgresGatheringTests : PostgresFixture
{
    private const int Count = 24;
    private NpgsqlConnection _other = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        _other = new NpgsqlConnection(TestDatabase.SuperuserConnectionString);
        await _other.OpenAsync(Token);
    }

    [TearDown]
    public async Task DisconnectAsync() => await _other.DisposeAsync();

    [Test]
    public async Task Many_are_issued_and_revoked_in_few_transactions()
    {
        var requests = await NewRequestsAsync();

        var credentials = await TogetherAsync(() => requests.Select(r => Engine.IssueAsync(r, Token).AsTask()));

        var transactions = await TestDatabase.RunAsync(
            $"SELECT count(DISTINCT xmin::text) FROM pg_authid WHERE rolname IN ({NamesOf(requests)})");
        Assert.That(transactions, Is.InRange(1L, 4L), "that many for 24 roles");
        foreach (var (request, credential) in requests.Zip(credentials))
        {
            Assert.That(await TestDatabase.RunAsync($"SELECT oid::text FROM pg_roles WHERE rolname = '{RoleOf(request)}'"), Is.EqualTo(credential.Handle));
            await using var session = await TestDatabase.LogInAsync((DatabaseCredential)credential, Token);
        }

        await RevokeAllAsync(requests, credentials);
    }

    [Test]
    public async Task Roles_that_exist_already_are_replaced_and_their_neighbours_made()
    {
        var requests = await NewRequestsAsync();
        foreach (var request in requests.Where((_, i) => i % 7 == 3))
        {
            await TestDatabase.RunAsync($"SET ROLE broker; CREATE ROLE {RoleOf(request)} LOGIN PASSWORD 'of an answer that was lost'");
        }

        var credentials = await TogetherAsync(() => requests.Select(r => Engine.IssueAsync(r, Token).AsTask()));

        foreach (var credential in credentials)
        {
            await using var session = await TestDatabase.LogInAsync((DatabaseCredential)credential, Token);
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        }

        await RevokeAllAsync(requests, credentials);
    }

    [Test]
    public async Task Role_that_a_prepared_transaction_holds_keeps_nobody_waiting_but_itself()
    {
        const int Held = 3;
        await using var server = await TestDatabase.StartServerAsync(new Dictionary<string, string> { ["max_prepared_transactions"] = "1" });
        await using var engine = EngineOf(TestDatabase.Target(TestDatabase.Broker, server));
        var grant = NewGrant("GRANT CREATE ON SCHEMA public TO {{group}}");
        var leases = new List<Lease>();
        for (var i = 0; i < 6; i++)
        {
            var request = Request(grant);
            using var credential = (DatabaseCredential)await engine.IssueAsync(request, Token);
            leases.Add(LeaseOf(request, credential.Handle));
            if (i == Held)
            {
                await using var session = await TestDatabase.LogInAsync(credential, Token);
                await TestDatabase.RunAsync(session, "BEGIN; CREATE TABLE never_seen (n int); PREPARE TRANSACTION 'held'");
            }
        }

        var revoking = leases.Select(lease => engine.RevokeAsync(lease, Token).AsTask()).ToArray();
        await Task.WhenAll(revoking.Where((_, i) => i != Held));
        Assert.That(revoking[Held].IsCompleted, Is.False);
        await TestDatabase.RunAsync(server, "orders", "ROLLBACK PREPARED 'held'");
        await revoking[Held];

        foreach (var lease in leases)
        {
            Assert.That((await engine.VerifyAsync(lease, Token)).Gone, Is.True);
        }
    }

    [Test]
    public async Task Lease_that_somebody_else_works_on_keeps_nobody_waiting_but_itself()
    {
        var requests = await NewRequestsAsync();
        await TestDatabase.RunAsync(_other, $"BEGIN; SELECT pg_advisory_xact_lock({PostgresNames.LockOf(requests[5].LeaseId)})");

        var issuing = requests.Select(r => Engine.IssueAsync(r, Token).AsTask()).ToArray();
        var neighbours = await Task.WhenAll(issuing.Where((_, i) => i != 5));
        Assert.That(issuing[5].IsCompleted, Is.False);
        await TestDatabase.RunAsync(_other, "ROLLBACK");
        var waited = await issuing[5];

        await TestDatabase.RunAsync(_other, $"BEGIN; SELECT pg_advisory_xact_lock({PostgresNames.LockOf(requests[5].LeaseId)})");
        var revoking = requests.Select(r => Engine.RevokeAsync(LeaseOf(r), Token).AsTask()).ToArray();
        await Task.WhenAll(revoking.Where((_, i) => i != 5));
        Assert.That(revoking[5].IsCompleted, Is.False);
        await TestDatabase.RunAsync(_other, "ROLLBACK");
        await revoking[5];
        await AssertNoneLeftAsync(requests);
        Array.ForEach([.. neighbours, waited], credential => credential.Dispose());
    }

    [Test]
    public async Task Grant_whose_group_was_removed_is_made_again_and_its_neighbours_are_served()
    {
        var requests = await NewRequestsAsync();
        var robbed = NewGrant(ReadInvoices);
        var (before, _) = await IssueAsync(robbed);
        await RevokeAndVerifyAsync(before);
        var group = PostgresNames.GroupOf(robbed.Name);
        await TestDatabase.RunAsync($"SET ROLE broker; GRANT {group} TO broker; DROP OWNED BY {group}; DROP ROLE {group}");
        requests[9] = Request(robbed);

        var credentials = await TogetherAsync(() => requests.Select(r => Engine.IssueAsync(r, Token).AsTask()));

        await using (var session = await TestDatabase.LogInAsync((DatabaseCredential)credentials[9], Token))
        {
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        }

        await RevokeAllAsync(requests, credentials);
    }

    [Test]
    public async Task Role_that_cannot_be_dropped_fails_alone_and_sessions_end_beside_the_idle()
    {
        var builders = NewGrant("GRANT SELECT ON invoices TO {{group}}", "GRANT CREATE ON SCHEMA public TO {{group}}");
        var (giving, giver) = await IssueAsync(builders);
        var requests = await NewRequestsAsync();
        var credentials = await Task.WhenAll(requests.Select(r => Engine.IssueAsync(r, Token).AsTask()));
        await using (var session = await TestDatabase.LogInAsync(giver, Token))
        {
            // Only the giver can take this back.
            await TestDatabase.RunAsync(session, $"CREATE TABLE gathered_bait (n int); GRANT SELECT ON gathered_bait TO {RoleOf(requests[4])}");
        }

        await using var open = await TestDatabase.LogInAsync((DatabaseCredential)credentials[8], Token);
        var revoking = requests.Zip(credentials).Select(pair => Engine.RevokeAsync(LeaseOf(pair.First, pair.Second.Handle), Token).AsTask()).ToArray();

        Assert.That((await Assert.ThrowsAsync<EngineException>(() => revoking[4]))!.IsTransient, Is.True);
        await Task.WhenAll(revoking.Where((_, i) => i != 4));
        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(open, "SELECT 1"));
        await AssertNoneLeftAsync(requests.Where((_, i) => i != 4));
        await RevokeAndVerifyAsync(giving);
        await RevokeAndVerifyAsync(LeaseOf(requests[4], credentials[4].Handle));
    }

    [Test]
    public async Task Nobody_logs_in_while_roles_are_being_dropped()
    {
        var requests = await NewRequestsAsync();
        var credentials = await Task.WhenAll(requests.Select(r => Engine.IssueAsync(r, Token).AsTask()));
        // Held where roles are dropped, behind the look for sessions: a session whose role goes would be beyond the broker's reach.
        await TestDatabase.RunAsync(_other, "BEGIN; LOCK TABLE pg_auth_members IN SHARE MODE");

        var revoking = requests.Zip(credentials).Select(pair => Engine.RevokeAsync(LeaseOf(pair.First, pair.Second.Handle), Token).AsTask()).ToArray();
        await UntilAsync(async () => await TestDatabase.RunAsync(
            $"SELECT count(*) FROM pg_roles WHERE rolname IN ({NamesOf(requests)}) AND NOT rolcanlogin") is > 0L);
        var forbidden = await TestDatabase.RunAsync(
            $"SELECT rolname::text FROM pg_roles WHERE rolname IN ({NamesOf(requests)}) AND NOT rolcanlogin LIMIT 1");
        var refused = credentials.Cast<DatabaseCredential>().Single(credential => credential.Username == (string)forbidden!);

        await AssertRefusedAsync(PostgresErrorCodes.InvalidAuthorizationSpecification, () => TestDatabase.LogInAsync(refused, Token));
        await TestDatabase.RunAsync(_other, "ROLLBACK");
        await Task.WhenAll(revoking);
        await AssertNoneLeftAsync(requests);
    }

    [Test]
    public async Task Session_that_shows_itself_behind_the_look_keeps_its_role_until_it_is_ended()
    {
        var (lease, credential) = await IssueAsync(NewGrant(ReadInvoices));
        await TestDatabase.RunAsync(_other, "BEGIN; LOCK TABLE pg_auth_members IN SHARE MODE");
        var revoking = Engine.RevokeAsync(lease, Token).AsTask();
        await UntilAsync(async () => await TestDatabase.RunAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'secrets-broker' AND wait_event_type = 'Lock' AND query LIKE 'DROP ROLE%'") is 1L);

        // As one whose login was under way when logins were forbidden.
        await TestDatabase.RunAsync($"ALTER ROLE {credential.Username} LOGIN");
        await using var session = await TestDatabase.LogInAsync(credential, Token);
        await TestDatabase.RunAsync($"ALTER ROLE {credential.Username} NOLOGIN");
        await TestDatabase.RunAsync(_other, "ROLLBACK");
        await revoking;

        await AssertRefusedAsync(PostgresErrorCodes.AdminShutdown, () => TestDatabase.RunAsync(session, "SELECT 1"));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    [Test]
    public async Task What_never_existed_is_revoked_beside_what_does()
    {
        var requests = await NewRequestsAsync();
        var existing = requests.Where((_, i) => i % 2 == 0).ToArray();
        await Task.WhenAll(existing.Select(r => Engine.IssueAsync(r, Token).AsTask()));

        // Each of them twice, as when two brokers claim what a third has left.
        await Task.WhenAll(requests.Concat(requests).Select(r => Engine.RevokeAsync(LeaseOf(r), Token).AsTask()));

        await AssertNoneLeftAsync(requests);
    }

    [Test]
    public async Task Transaction_that_is_cut_off_is_repeated_for_all_and_leaves_one_role_each()
    {
        var requests = await NewRequestsAsync();

        var credentials = await TogetherAsync(
            () => requests.Select(r => Engine.IssueAsync(r, Token).AsTask()),
            async () => await TestDatabase.RunAsync(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'secrets-broker' AND wait_event_type = 'Lock'"));

        foreach (var credential in credentials)
        {
            await using var session = await TestDatabase.LogInAsync((DatabaseCredential)credential, Token);
        }

        await RevokeAllAsync(requests, credentials);
    }

    [Test]
    public async Task What_the_server_gets_to_after_the_calls_time_is_not_made()
    {
        var requests = await NewRequestsAsync();
        await using var engine = EngineOf(TestDatabase.Target(TestDatabase.Broker, timeout: TimeSpan.FromSeconds(1)));
        await TestDatabase.RunAsync(_other, "BEGIN; LOCK TABLE pg_authid IN SHARE MODE");

        var issuing = requests.Select(r => engine.IssueAsync(r, Token).AsTask()).ToArray();
        foreach (var failed in issuing)
        {
            Assert.That((await Assert.ThrowsAsync<EngineException>(() => failed))!.IsTransient, Is.True);
        }

        await TestDatabase.RunAsync(_other, "ROLLBACK");
        await UntilAsync(async () => await TestDatabase.RunAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'secrets-broker' AND state <> 'idle'") is 0L);
        await AssertNoneLeftAsync(requests);
    }

    /// <summary>Their grants are there, and so are connections.</summary>
    private async Task<IssueRequest[]> NewRequestsAsync()
    {
        Grant[] grants = [NewGrant(ReadInvoices), NewGrant("GRANT SELECT, INSERT ON invoices TO {{group}}")];
        foreach (var grant in grants)
        {
            var (lease, _) = await IssueAsync(grant);
            await RevokeAndVerifyAsync(lease);
        }

        return [.. Enumerable.Range(0, Count).Select(i => Request(grants[i % grants.Length]))];
    }

    /// <summary>Makes calls that gather behind a lock, and lets them go.</summary>
    private async Task<T[]> TogetherAsync<T>(Func<IEnumerable<Task<T>>> calls, Func<Task>? meanwhile = null)
    {
        // Logins still read the catalogue, changes wait.
        await TestDatabase.RunAsync(_other, "BEGIN; LOCK TABLE pg_authid IN SHARE MODE");
        var running = calls().ToArray();
        await UntilAsync(async () => await TestDatabase.RunAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'secrets-broker' AND wait_event_type = 'Lock'") is >= 2L);
        if (meanwhile is not null)
        {
            await meanwhile();
        }

        await TestDatabase.RunAsync(_other, "ROLLBACK");
        return await Task.WhenAll(running);
    }

    private async Task RevokeAllAsync(IReadOnlyList<IssueRequest> requests, IReadOnlyList<Credential> credentials)
    {
        var proofs = await Task.WhenAll(requests.Zip(credentials).Select(pair => RevokeAndVerifyAsync(LeaseOf(pair.First, pair.Second.Handle))));
        Assert.That(
            proofs.Select(proof => proof.Evidence),
            Is.EqualTo(requests.Zip(credentials, (r, c) => $"role {RoleOf(r)}, OID {c.Handle}: no such role, no sessions")));
        await AssertNoneLeftAsync(requests);
    }

    private static async Task AssertNoneLeftAsync(IEnumerable<IssueRequest> requests) => Assert.That(
        await TestDatabase.RunAsync($"SELECT count(*) FROM pg_roles WHERE rolname IN ({NamesOf(requests)})"), Is.Zero);

    private static string NamesOf(IEnumerable<IssueRequest> requests) => string.Join(", ", requests.Select(r => $"'{RoleOf(r)}'"));
}
