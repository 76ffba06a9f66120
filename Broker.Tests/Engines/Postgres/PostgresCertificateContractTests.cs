using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>The contract where logins are by client certificate and no password exists.</summary>
[TestFixture]
internal sealed class PostgresCertificateContractTests : CredentialEngineContract
{
    private const string TargetPath = "targets/orders-db/settings";
    private CertificateServer _server = null!;

    protected override ICredentialEngineType Type { get; } = new PostgresEngineType(TimeProvider.System, NullLogger<PostgresEngine>.Instance);

    protected override Target Target => _server.Target;

    protected override Grant Grant { get; } = TestDatabase.Grant("certificates", "GRANT SELECT ON public.invoices TO {{group}}");

    protected override IEnumerable<WrongSettings> Wrong =>
    [
        new("an authority without files", $"{TargetPath}/client_ca/key_file", $"{TargetPath}/client_ca/certificate_file")
        {
            ChangeTarget = target => target["client_ca"] = new JsonObject(),
        },
        new("an authority that publishes", $"{TargetPath}/client_ca/base_url")
        {
            ChangeTarget = target => target["client_ca"]!["base_url"] = "https://broker.example.org",
        },
    ];

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await CertificateServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServerAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task Role_has_no_password_and_its_certificate_opens_no_other()
    {
        var (mine, theirs) = (Request(), Request());
        using var credential = (DatabaseCredential)await Engine.IssueAsync(mine, Token);
        using var other = (DatabaseCredential)await Engine.IssueAsync(theirs, Token);

        Assert.That(credential.Password.Bytes.IsEmpty, Is.True);
        Assert.That(
            await TestDatabase.RunAsync(_server.Server, "orders", $"SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = '{credential.Username}'"),
            Is.True);
        Assert.That(
            async () => await _server.LogInAsync(credential, other.Username, Token),
            Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InvalidAuthorizationSpecification));
        Assert.That(await Engine.RenewAsync(LeaseOf(mine, credential), mine.ExpireTime.AddMinutes(5), Token), Is.False);
        await Engine.RevokeAsync(LeaseOf(mine, credential), Token);
        await Engine.RevokeAsync(LeaseOf(theirs, other), Token);
    }

    [Test]
    public async Task Request_without_a_key_is_refused_and_so_is_one_with_a_key_where_passwords_are_used()
    {
        foreach (var input in (CredentialInput[])[new CredentialInput.None(), new CredentialInput.Postgres(), new CredentialInput.Postgres(PublicKey: new byte[] { 1 })])
        {
            Assert.That(async () => await Engine.IssueAsync(Request() with { Input = input }, Token), Throws.InstanceOf<CredentialInputException>());
        }

        await using var byPassword = Type.Create(TestDatabase.Target(TestDatabase.Broker, _server.Server));
        Assert.That(async () => await byPassword.IssueAsync(Request(), Token), Throws.InstanceOf<CredentialInputException>());
    }

    protected override CredentialInput Input() => _server.Input();

    protected override async Task<bool> WorksAsync(Target target, Credential credential, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await _server.LogInAsync((DatabaseCredential)credential, cancellationToken: cancellationToken);
            Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM public.invoices"), Is.EqualTo(300));
            return true;
        }
        // A session whose role was dropped may find that it lacks the right before it is ended.
        catch (PostgresException e) when (e.SqlState is
            PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }
}
