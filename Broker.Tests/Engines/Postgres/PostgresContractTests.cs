using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>As a superuser, and as an account with no more than CREATEROLE: the two take different ways when they revoke.</summary>
[TestFixture("postgres", PostgresVersions.Installed)]
[TestFixtureSource(nameof(AtEachVersion))]
internal sealed class PostgresContractTests(string account, string version) : CredentialEngineContract
{
    private const string TargetPath = "targets/orders-db/settings";
    private readonly string _grantPath = $"grants/contract-{account}/settings";

    protected override ICredentialEngineType Type { get; } = new PostgresEngineType(TimeProvider.System, NullLogger<PostgresEngine>.Instance);

    private Target? _target;

    public static IEnumerable<TestFixtureData> AtEachVersion => PostgresVersions.All.Select(version => new TestFixtureData(TestDatabase.Broker, version));

    // When the fixture's server is there.
    protected override Target Target => _target ??= TestDatabase.Target(account);

    protected override Grant Grant { get; } = With(
        TestDatabase.Grant($"contract-{account}", "GRANT SELECT ON public.invoices TO {{group}}"),
        settings =>
        {
            settings["tables"] = new JsonObject { ["public.invoices"] = new JsonArray("INSERT") };
            settings["columns"] = new JsonObject { ["public.invoices"] = new JsonObject { ["UPDATE"] = new JsonArray("amount") } };
            settings["sequences"] = new JsonObject();
            settings["functions"] = new JsonArray();
            // Before 15 only a superuser gives a role one.
            settings["session_settings"] = version == "14" ? new JsonObject() : new JsonObject { ["app.task"] = "{{task}}" };
        });

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("numbers out of range", $"{TargetPath}/port", $"{TargetPath}/connection_limit", $"{_grantPath}/connection_limit")
        {
            ChangeTarget = t => (t["port"], t["connection_limit"]) = (0, 0),
            ChangeGrant = g => g["connection_limit"] = -1,
        },
        new("an inline password", $"{TargetPath}/password") { ChangeTarget = t => t["password"] = "hunter2" },
        new("an inline password in an object", $"{TargetPath}/password/value")
        {
            ChangeTarget = t => t["password"] = new JsonObject { ["value"] = "hunter2" },
        },
        new("nothing", $"{TargetPath}/host", $"{TargetPath}/database", $"{TargetPath}/username", $"{TargetPath}/password", $"{_grantPath}/statements")
        {
            ChangeTarget = t => t.Clear(),
            ChangeGrant = g => g.Clear(),
        },
        new("no TLS to another machine", $"{TargetPath}/tls_mode") { ChangeTarget = t => t["host"] = "db.example.org" },
        new("TLS on a Unix socket", $"{TargetPath}/tls_mode")
        {
            ChangeTarget = t => (t["host"], t["tls_mode"]) = ("/run/postgresql", "verify-full"),
        },
        new("no database", $"{TargetPath}/databases") { ChangeTarget = t => t["databases"] = new JsonArray() },
        new("two ways to name databases", $"{TargetPath}/database") { ChangeTarget = t => t["database"] = "orders" },
        new("a database name that would be cut off", $"{TargetPath}/databases/1", $"{_grantPath}/database")
        {
            ChangeTarget = t => t["databases"] = new JsonArray("a", new string('x', 64)),
        },
        new("statements that hand out too much", $"{_grantPath}/statements/0", $"{_grantPath}/statements/1", $"{_grantPath}/statements/3")
        {
            ChangeGrant = g => g["statements"] = new JsonArray(
                "alter role {{group}} Superuser", "GRANT pg_read_all_data TO {{group}}", "GRANT SELECT ON pg_catalog.x TO {{group}}", "GRANT U&\"p\\0067_x\" TO {{group}}"),
        },
    ];

    [OneTimeSetUp]
    public Task UseVersionAsync() => TestDatabase.UseAsync(version);

    [OneTimeTearDown]
    public Task UseInstalledAsync() => TestDatabase.UseAsync(PostgresVersions.Installed);

    protected override CredentialInput Input() => new CredentialInput.Postgres();

    protected override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await TestDatabase.LogInAsync((DatabaseCredential)credential, cancellationToken);
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM public.invoices"), Is.EqualTo(300));
            return true;
        }
        // A session whose role was dropped may find that it lacks the right before it is ended.
        catch (PostgresException e) when (e.SqlState is
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }
}
