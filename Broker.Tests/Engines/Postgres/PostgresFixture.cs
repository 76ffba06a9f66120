using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>An engine at the common server of a version, through an account that has CREATEROLE and no more.</summary>
internal abstract class PostgresFixture(string version = PostgresVersions.Installed)
{
    protected static readonly string[] ReadInvoices = ["GRANT SELECT ON invoices TO {{group}}"];
    private CancellationTokenSource _end = null!;

    protected ICredentialEngine Engine { get; private set; } = null!;

    protected CancellationToken Token => _end.Token;

    [OneTimeSetUp]
    public Task UseVersionAsync() => TestDatabase.UseAsync(version);

    [OneTimeTearDown]
    public Task UseInstalledAsync() => TestDatabase.UseAsync(PostgresVersions.Installed);

    [SetUp]
    public void CreateEngine()
    {
        _end = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        Engine = EngineOf(TestDatabase.Target(TestDatabase.Broker));
    }

    [TearDown]
    public async Task DisposeEngineAsync()
    {
        await Engine.DisposeAsync();
        _end.Dispose();
    }

    protected static ICredentialEngine EngineOf(Target target) => new PostgresEngineType(TimeProvider.System, NullLogger<PostgresEngine>.Instance).Create(target);

    /// <summary>A grant of a name of its own: group roles outlive a test.</summary>
    protected static Grant NewGrant(params string[] statements) =>
        TestDatabase.Grant("g" + LeaseId.New(0).Value[2..12], statements);

    protected static IssueRequest Request(Grant grant, TimeSpan? timeToLive = null) => new(
        LeaseId.New(7),
        new WorkloadId("spiffe://example.org/agent"),
        new TaskId("t"),
        new Intent(grant.Action, grant.Resource, "psql", "report", TimeToLive: null),
        grant,
        TimeProvider.System.GetUtcNow() + (timeToLive ?? TimeSpan.FromMinutes(5)),
        new CredentialInput.None());

    protected static string RoleOf(IssueRequest request) => PostgresNames.RoleOf(request.LeaseId);

    protected static Lease LeaseOf(IssueRequest request, string handle = "") => new()
    {
        Id = request.LeaseId,
        Task = new TaskKey(request.Workload, request.Task),
        Grant = request.Grant.Name,
        Engine = "postgres",
        Target = request.Grant.Target,
        Action = request.Intent.Action,
        Resource = request.Intent.Resource,
        DecisionId = "d",
        ExpireTime = request.ExpireTime,
        MaxExpireTime = request.ExpireTime,
        Handle = handle,
    };

    protected async Task<(Lease Lease, DatabaseCredential Credential)> IssueAsync(Grant grant, TimeSpan? timeToLive = null)
    {
        var request = Request(grant, timeToLive);
        var credential = (DatabaseCredential)await Engine.IssueAsync(request, Token);
        return (LeaseOf(request, credential.Handle), credential);
    }

    /// <returns>What the engine has seen behind its own revocation, which another look confirms.</returns>
    protected async Task<Verification> RevokeAndVerifyAsync(Lease lease)
    {
        var proof = await ((IProvingEngine)Engine).RevokeAndVerifyAsync(lease, Token);
        Assert.That(proof.Gone, Is.True, proof.Evidence);
        Assert.That(await Engine.VerifyAsync(lease, Token), Is.EqualTo(proof));
        return proof;
    }

    /// <summary>The leases' roles in a grant's group. From PostgreSQL 16 on the account that made it is a member as well.</summary>
    protected static Task<object?> CountMembersAsync(Grant grant) => TestDatabase.RunAsync($"""
        SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
        WHERE m.roleid = '{PostgresNames.GroupOf(grant.Name)}'::regrole AND r.rolname LIKE 'sb\_%'
        """);

    protected static async Task<int> MajorVersionAsync() =>
        (int)(await TestDatabase.RunAsync("SELECT current_setting('server_version_num')::int / 10000"))!;

    protected static async Task AssertRefusedAsync(string sqlState, Func<Task> use)
    {
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => use());
        Assert.That(refusal!.SqlState, Is.EqualTo(sqlState), refusal.MessageText);
    }

    protected async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Token);
        }
    }
}
