using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Leases;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>An engine at a server that answers what a test tells it to.</summary>
internal abstract class OAuthFixture
{
    protected const string Leak = "words-of-the-server";
    private const string Secret = "client: se/cret+ of 100%";

    private CancellationTokenSource _end = null!;

    protected SteppedTime Time { get; private set; } = null!;

    protected OAuthFiles Files { get; private set; } = null!;

    protected ScriptedServer Server { get; private set; } = null!;

    protected MeasuredBroker Measured { get; private set; } = null!;

    protected RecordingLogger<OAuthEngine> Log { get; private set; } = null!;

    protected OAuthEngine Engine { get; private set; } = null!;

    protected CancellationToken Token => _end.Token;

    [SetUp]
    public async Task Start()
    {
        _end = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        Time = new SteppedTime();
        Files = new OAuthFiles();
        Files.ClientSecret(Secret);
        Files.NewEncryptionKey();
        Measured = new MeasuredBroker();
        Log = new RecordingLogger<OAuthEngine>();
        Server = await ScriptedServer.StartAsync();
        Engine = NewEngine();
    }

    [TearDown]
    public async Task Stop()
    {
        await Engine.DisposeAsync();
        await Server.DisposeAsync();
        Measured.Dispose();
        Files.Dispose();
        _end.Dispose();
    }

    protected static Func<HttpContext, Task> Answer(string answer, int status = 200) => http =>
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(answer);
    };

    protected static Lease ContractLease(IssueRequest request, string handle) =>
        TestLeases.LeaseOf(request) with { CreateTime = request.ExpireTime.AddMinutes(-5), Handle = handle };

    /// <summary>Fails, tells nothing of the server's words, and says that it is gone only when any token has ended.</summary>
    protected async Task AssertUnknownAsync(IssueRequest request)
    {
        var lease = ContractLease(request, handle: "");

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        await Engine.RevokeAsync(lease, Token);

        Assert.That($"{failed}", Does.Not.Contain(Leak));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        Time.Advance(TimeSpan.FromMinutes(11));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
    }

    protected async Task<AccessTokenCredential> IssueAsync(IssueRequest request) =>
        (AccessTokenCredential)await Engine.IssueAsync(request, Token);

    protected IssueRequest Request(object? grant = null) => TestLeases.Request(
        TestLeases.Grant("oauth", grant ?? new
        {
            resource = new[] { "https://a.example/", "https://b.example/" },
            audience = new[] { "api" },
            scope = new[] { "read", "list" },
        }),
        new CredentialInput.OAuth(),
        Time.GetUtcNow().AddMinutes(5));

    protected OAuthEngine NewEngine(Action<JsonObject>? change = null, TimeProvider? time = null, TimeSpan? timeout = null)
    {
        var settings = JsonSerializer.SerializeToNode(new
        {
            token_endpoint = $"{Server.Url}/token",
            revocation_endpoint = $"{Server.Url}/revoke",
            introspection_endpoint = $"{Server.Url}/introspect",
            issuer = "https://as.example",
            client_id = "the broker",
            client_secret = new { file = Files.Path("client.secret") },
            key_file = Files.Path("oauth.key"),
            base_url = "https://broker.example",
            encryption_key = new { file = Files.Path("encryption.key") },
        })!.AsObject();
        change?.Invoke(settings);
        var target = TestLeases.Target("oauth", settings) with { Timeout = timeout ?? TimeSpan.FromMinutes(1) };
        return (OAuthEngine)new OAuthEngineType(Measured.Metrics, time ?? Time, Log).Create(target);
    }
}
