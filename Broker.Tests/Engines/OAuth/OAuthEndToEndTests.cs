using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>From an agent's client library to the authorization server, and back.</summary>
internal sealed class OAuthEndToEndTests
{
    private OAuthServer _server = null!;
    private OAuthFiles _files = null!;
    private TestBroker _broker = null!;
    private SecretsBrokerClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await OAuthServer.StartOrIgnoreAsync();
        _files = new OAuthFiles();
        _broker = await TestBroker.StartAsync(options => options.Catalog = $$"""
            targets:
              - name: by-secret
                engine: oauth
                settings:
                  token_endpoint: "{{_server.TokenEndpoint}}"
                  revocation_endpoint: "{{_server.RevocationEndpoint}}"
                  introspection_endpoint: "{{_server.IntrospectionEndpoint}}"
                  client_id: broker-post
                  client_authentication: client_secret_post
                  client_secret: { file: "{{_files.ClientSecret(OAuthServer.SecretOf("broker-post"))}}" }
                  encryption_key: { file: "{{_files.NewEncryptionKey()}}" }
              - name: by-key
                engine: oauth
                settings:
                  token_endpoint: "{{_server.TokenEndpoint}}"
                  revocation_endpoint: "{{_server.RevocationEndpoint}}"
                  introspection_endpoint: "{{_server.IntrospectionEndpoint}}"
                  issuer: "{{_server.Issuer}}"
                  client_id: broker-key
                  client_authentication: private_key_jwt
                  key_file: "{folder}/by-key.key"
                  subject_issuer: https://broker.example/agents
                  encryption_key: { file: "{{_files.NewEncryptionKey("other.key")}}" }
              - name: by-issuer
                engine: oauth
                timeout: 5m
                settings:
                  issuer: "{{_server.Issuer}}"
                  client_id: broker-post
                  client_authentication: client_secret_post
                  client_secret: { file: "{{_files.Path("client.secret")}}" }
                  encryption_key: { file: "{{_files.NewEncryptionKey("issuer.key")}}" }
            grants:
              - name: read-invoices-found
                action: read
                resource: invoices-api/found
                target: by-issuer
                default_ttl: 2m
                max_ttl: 10m
                settings: { resource: ["{{OAuthServer.Invoices}}"], scope: ["invoices:read"] }
              - name: read-invoices
                action: read
                resource: invoices-api/invoices
                target: by-secret
                default_ttl: 2m
                max_ttl: 10m
                settings: { resource: ["{{OAuthServer.Invoices}}"], scope: ["invoices:read"] }
              - name: read-archive
                action: read
                resource: invoices-api/archive
                target: by-secret
                default_ttl: 2m
                max_ttl: 10m
                settings: { resource: ["{{OAuthServer.Archive}}"], scope: ["archive:read"] }
              - name: read-invoices-for
                action: read
                resource: invoices-api/for
                target: by-key
                default_ttl: 2m
                max_ttl: 10m
                settings: { flow: token_exchange, resource: ["{{OAuthServer.Invoices}}"], scope: ["invoices:read", "invoices:write"] }
            """);
        _client = _broker.Connect();
        using var http = new HttpClient { BaseAddress = _broker.Publications };
        await _server.TrustAsync(await http.GetStringAsync("/v1/oauth/by-key/jwks.json"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client?.Dispose();
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _files?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task Agent_has_a_token_for_the_grants_resource_and_scope_until_its_task_is_done()
    {
        await using var task = await _client.StartTaskAsync("read invoices");
        var lease = await task.AcquireAsync("read", "invoices-api/invoices", new LeaseOptions { Credential = CredentialRequests.OAuth() });
        var token = lease.Secret.AccessToken;

        var told = await _server.IntrospectAsync(token.Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(told.GetProperty("active").GetBoolean(), Is.True);
            Assert.That(told.GetProperty("aud").GetString(), Is.EqualTo(OAuthServer.Invoices));
            Assert.That(told.GetProperty("scope").GetString(), Is.EqualTo("invoices:read"));
            Assert.That(told.GetProperty("client_id").GetString(), Is.EqualTo("broker-post"));
            Assert.That(token.TokenType, Is.EqualTo("Bearer"));
            Assert.That(token.Audience, Is.EqualTo(OAuthServer.Invoices));
            Assert.That(token.ExpireTime.ToDateTimeOffset().ToUnixTimeSeconds(), Is.GreaterThanOrEqualTo(told.GetProperty("exp").GetInt64()));
        }

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await _server.IsActiveAsync(token.Token), Is.False);
        var revoked = await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        Assert.That(revoked.Proof, Is.EqualTo("the server says that the token is not active"));
    }

    [Test]
    public async Task Server_of_which_only_the_issuer_is_known_gives_a_token_and_revokes_it()
    {
        await using var task = await _client.StartTaskAsync("read invoices");
        var lease = await task.AcquireAsync("read", "invoices-api/found");
        var token = lease.Secret.AccessToken.Token;
        Assert.That(await _server.IsActiveAsync(token), Is.True);

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await _server.IsActiveAsync(token), Is.False);
        var revoked = await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease.Id);
        Assert.That(revoked.Proof, Is.EqualTo("the server says that the token is not active"));
    }

    [Test]
    public async Task Token_that_is_exchanged_for_says_for_whom_it_is()
    {
        await using var task = await _client.StartTaskAsync("read invoices");
        var lease = await task.AcquireAsync("read", "invoices-api/for", new LeaseOptions { Sealed = true });
        var token = lease.Secret.AccessToken.Token;

        var told = await _server.IntrospectAsync(token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(told.GetProperty("active").GetBoolean(), Is.True);
            Assert.That(told.GetProperty("sub").GetString(), Is.EqualTo(TestBroker.Agent));
            Assert.That(told.GetProperty("lease").GetString(), Is.EqualTo(lease.Id));
            Assert.That(told.GetProperty("aud").GetString(), Is.EqualTo(OAuthServer.Invoices));
            Assert.That(told.GetProperty("scope").GetString(), Is.EqualTo("invoices:read invoices:write"));
        }

        await task.CompleteAsync(TaskOutcome.Succeeded);

        Assert.That(await _server.IsActiveAsync(token), Is.False);
    }

    [Test]
    public async Task Token_that_lives_too_long_is_not_handed_out_and_is_revoked()
    {
        await using var task = await _client.StartTaskAsync("read the archive");

        var refused = await Assert.CatchAsync(async () => await task.AcquireAsync("read", "invoices-api/archive"));

        Assert.That(refused!.Message, Does.Not.Contain("max_token_life"));
        var revoked = await _broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Grant == "read-archive");
        Assert.That(revoked.Proof, Is.EqualTo("the server says that the token is not active"));
    }

    [Test]
    public async Task Broker_that_was_restarted_revokes_what_it_had_issued_before()
    {
        await using var broker = await TestBroker.StartAsync(options =>
        {
            options.Catalog = $$"""
                targets:
                  - name: by-secret
                    engine: oauth
                    settings:
                      token_endpoint: "{{_server.TokenEndpoint}}"
                      revocation_endpoint: "{{_server.RevocationEndpoint}}"
                      client_id: broker-basic
                      client_secret: { env: OAUTH_TESTS_SECRET }
                      encryption_key: { file: "{{_files.NewEncryptionKey("restart.key")}}" }
                grants:
                  - name: read-invoices
                    action: read
                    resource: invoices-api/invoices
                    target: by-secret
                    default_ttl: 4m
                    max_ttl: 10m
                    settings: { resource: ["{{OAuthServer.Invoices}}"], scope: ["invoices:read"] }
                """;
            Environment.SetEnvironmentVariable("OAUTH_TESTS_SECRET", OAuthServer.SecretOf("broker-basic"));
        });
        using var raw = broker.ConnectRaw();
        var issued = await raw.Leases.IssueLeaseAsync(
            new IssueLeaseRequest
            {
                NewTask = new NewTask(),
                Intent = new Intent { Action = "read", Resource = "invoices-api/invoices", Purpose = "read invoices" },
            },
            raw.Options());
        var token = issued.Secret.AccessToken.Token;

        await broker.StopAsync();
        await broker.StartAgainAsync();
        Assert.That(await _server.IsActiveAsync(token), Is.True);
        using var again = broker.ConnectRaw();
        await again.Leases.RevokeLeaseAsync(new RevokeLeaseRequest { LeaseId = issued.Lease.LeaseId }, again.Options());

        await Wait.UntilAsync(async () => !await _server.IsActiveAsync(token));
        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == issued.Lease.LeaseId);
        Assert.That(revoked.Proof, Does.StartWith("the server answered that it revoked the token"));
    }
}
