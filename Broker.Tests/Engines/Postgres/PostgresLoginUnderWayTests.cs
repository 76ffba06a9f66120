using Npgsql;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>
/// Any client can hold its own login in a state in which it was let in and is nobody's session yet. It must not come up as somebody whose access
/// was proven gone.
/// </summary>
[TestFixtureSource(typeof(PostgresVersions), nameof(PostgresVersions.All))]
internal sealed class PostgresLoginUnderWayTests(string version) : PostgresFixture(version)
{
    private const string UnderWay = """
        SELECT count(*) FROM pg_locks l
        WHERE locktype = 'object' AND classid = 'pg_database'::regclass
        AND NOT EXISTS (SELECT FROM pg_stat_get_activity(l.pid) WHERE usesysid IS NOT NULL)
        """;

    [TestCase("postgres")]
    [TestCase(TestDatabase.Broker)]
    public async Task Login_that_is_held_across_the_revocation_ends(string account)
    {
        await using var engine = EngineOf(TestDatabase.Target(account));
        var request = Request(NewGrant(ReadInvoices));
        using var credential = (DatabaseCredential)await engine.IssueAsync(request, Token);
        var group = PostgresNames.GroupOf(request.Grant.Name);
        var held = LogInAsync(credential, $"-c role={group} -c post_auth_delay=120");
        await UntilAsync(async () => await TestDatabase.RunAsync(UnderWay) is > 0L);

        await engine.RevokeAsync(LeaseOf(request, credential.Handle), Token);

        Assert.That((await engine.VerifyAsync(LeaseOf(request, credential.Handle), Token)).Gone, Is.True);
        Assert.That(async () => await held, Throws.InstanceOf<NpgsqlException>());
    }

    [TestCase("postgres")]
    [TestCase(TestDatabase.Broker)]
    public async Task Login_of_somebody_else_goes_on_and_keeps_nobodys_role(string account)
    {
        await using var engine = EngineOf(TestDatabase.Target(account));
        var grant = NewGrant(ReadInvoices);
        var (ending, staying) = (Request(grant), Request(grant));
        using var credential = await engine.IssueAsync(ending, Token);
        using var other = (DatabaseCredential)await engine.IssueAsync(staying, Token);
        var held = LogInAsync(other, "-c post_auth_delay=5");
        await UntilAsync(async () => await TestDatabase.RunAsync(UnderWay) is > 0L);

        await engine.RevokeAsync(LeaseOf(ending, credential.Handle), Token);

        Assert.That((await engine.VerifyAsync(LeaseOf(ending, credential.Handle), Token)).Gone, Is.True);
        await using var session = await held;
        Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        await engine.RevokeAsync(LeaseOf(staying, other.Handle), Token);
    }

    private static async Task<NpgsqlConnection> LogInAsync(DatabaseCredential credential, string options)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = credential.Host,
            Port = credential.Port,
            Database = credential.Database,
            Username = credential.Username,
            Password = credential.Password.Reveal(),
            Options = options,
            Pooling = false,
            SslMode = SslMode.Disable,
            Timeout = 180,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
