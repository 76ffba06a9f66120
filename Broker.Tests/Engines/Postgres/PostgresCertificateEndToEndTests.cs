using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Npgsql;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>From an agent's client library to a server that asks for a certificate and no password.</summary>
internal sealed class PostgresCertificateEndToEndTests
{
    private CertificateServer _server = null!;
    private TestBroker _broker = null!;
    private ECDsa _key = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await CertificateServer.StartAsync();
        _broker = await TestBroker.StartAsync(options => options.Catalog = JsonSerializer.Serialize(new
        {
            targets = (object[])[new { name = "orders", engine = "postgres", settings = _server.Target.Settings }],
            grants = (object[])
            [
                new
                {
                    name = "read-invoices", action = "read", resource = "orders/invoices", target = "orders", default_ttl = "10m", max_ttl = "10m",
                    settings = new { database = "orders", tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
                },
            ],
        }));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [SetUp]
    public void MakeKey() => _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [TearDown]
    public void DropKey() => _key.Dispose();

    [Test]
    public async Task Certificate_logs_in_until_its_task_is_done([Values("signing request", "public key")] string sent)
    {
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");
        var login = await AcquireAsync(task, sent);
        Assert.That(login.Password, Is.Empty);
        await using var session = await LogInAsync(login);
        Assert.That(await TestDatabase.RunAsync(session, "SELECT sum(amount) FROM invoices"), Is.EqualTo(300));
        Assert.That(await TestDatabase.RunAsync(session, "SELECT current_user"), Is.EqualTo(login.Username));

        await task.CompleteAsync(TaskOutcome.Succeeded);
        await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Task == task.Id);

        // What it says to a session that it has ended depends on whether that has looked meanwhile.
        Assert.That(async () => await TestDatabase.RunAsync(session, "SELECT 1"), Throws.InstanceOf<NpgsqlException>());
        Assert.That(
            async () => await LogInAsync(login),
            Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InvalidAuthorizationSpecification));
    }

    [Test]
    public async Task Certificate_opens_the_role_of_no_other_lease_of_the_same_agent()
    {
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices twice");
        var (mine, other) = (await AcquireAsync(task, "signing request"), await AcquireAsync(task, "signing request"));

        mine.Username = other.Username;

        Assert.That(
            async () => await LogInAsync(mine),
            Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InvalidAuthorizationSpecification));
    }

    [Test]
    public async Task Request_without_a_key_is_refused_and_says_what_to_send()
    {
        using var client = _broker.Connect();
        await using var task = await client.StartTaskAsync("read invoices");

        var refusal = await Assert.ThrowsAsync<SecretsBrokerException>(async () =>
            await task.AcquireAsync("read", "orders/invoices", new LeaseOptions { Credential = CredentialRequests.Postgres() }));

        Assert.That(refusal!.Message, Does.Contain("certificate_signing_request or public_key"));
    }

    private async Task<PostgresCredential> AcquireAsync(BrokerTask task, string sent)
    {
        var request = sent == "signing request"
            ? CredentialRequests.Postgres(_key)
            : CredentialRequests.Postgres(new PublicKey(_key));
        return (await task.AcquireAsync("read", "orders/invoices", new LeaseOptions { Credential = request })).Secret.Postgres;
    }

    private async Task<NpgsqlConnection> LogInAsync(PostgresCredential login)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = login.Host,
            Port = login.Port,
            Database = login.Database,
            Username = login.Username,
            SslMode = SslMode.Require,
            Pooling = false,
            Timeout = 60,
        }.ConnectionString)
        {
            SslClientAuthenticationOptionsCallback = options => options.ClientCertificates = [CredentialRequests.ToCertificate(login, _key)],
        };
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
