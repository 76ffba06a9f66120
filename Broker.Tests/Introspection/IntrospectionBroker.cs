using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SecretsBroker.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Introspection;

/// <summary>A broker with two <c>jwt</c> targets and their resource servers, of which this one is whichever a test wants it to be.</summary>
internal sealed class IntrospectionBroker : IAsyncDisposable
{
    public const string Invoices = "invoices-api";
    public const string Notes = "notes-api";
    public const string Watcher = "spiffe://dev.local/notes-api";

    /// <summary>Known where <c>TestIssuer</c> is, whose tokens may be bound to a key.</summary>
    public const string Bound = "spiffe://example.org/notes-api";

    /// <summary>Form-encoded it looks different.</summary>
    public const string Secret = "s3cret of+the%20resource:server, long enough";

    private readonly HttpClient _http;

    private IntrospectionBroker(TestBroker broker)
    {
        Broker = broker;
        // A body that is not wanted is not sent: the connection would break while it is, and take the answer with it.
        _http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = broker.Publications };
        Client = broker.Connect();
    }

    public TestBroker Broker { get; }

    public SecretsBrokerClient Client { get; }

    public static async Task<IntrospectionBroker> StartAsync(params (string Name, string Value)[] settings)
    {
        var broker = await TestBroker.StartAsync(options =>
        {
            foreach (var (name, value) in settings)
            {
                options.Settings[name] = value;
            }

            options.Catalog = $$"""
            targets:
              - name: {{Invoices}}
                engine: jwt
                settings:
                  key_file: "{folder}/invoices-api.key"
                  issuer: https://broker.example/invoices-api
                  audience: invoices-api
                  resource_servers:
                    - { client_id: invoices-api, client_secret: { file: "{folder}/client.secret" }, may_revoke: true }
                    - { client_id: reader, client_secret: { file: "{folder}/client.secret" } }
                    - { client_id: careless, client_secret: { file: "{folder}/short.secret" } }
              - name: {{Notes}}
                engine: jwt
                settings:
                  key_file: "{folder}/notes-api.key"
                  issuer: https://broker.example/notes-api
                  audience: notes-api
                  resource_servers:
                    - { workload: "{{Watcher}}" }
                    - { workload: "{{Bound}}" }
              - name: quiet-api
                engine: jwt
                settings:
                  key_file: "{folder}/quiet-api.key"
                  issuer: https://broker.example/quiet-api
                  audience: quiet-api
            grants:
              - { name: read-invoices, action: read, resource: invoices-api/invoices, target: {{Invoices}}, default_ttl: 2m, max_ttl: 10m, settings: { bearer: true } }
              - { name: read-notes, action: read, resource: notes-api/notes, target: {{Notes}}, default_ttl: 2m, max_ttl: 10m, settings: { bearer: true } }
            """;
        });
        await File.WriteAllTextAsync(Path.Combine(broker.Folder, "client.secret"), Secret + "\n");
        await File.WriteAllTextAsync(Path.Combine(broker.Folder, "short.secret"), "too short");
        return new IntrospectionBroker(broker);
    }

    public Task<BrokerLease> IssueAsync(
        string resource = "invoices-api/invoices", string jsonWebKey = "", TimeSpan? timeToLive = null) => IssueAsync(
        jsonWebKey.Length == 0 ? new AccessTokenRequest() : new AccessTokenRequest { JsonWebKey = jsonWebKey }, resource, timeToLive);

    public async Task<BrokerLease> IssueAsync(
        AccessTokenRequest binding, string resource = "invoices-api/invoices", TimeSpan? timeToLive = null)
    {
        var task = await Client.StartTaskAsync("look at invoices");
        return await task.AcquireAsync("read", resource, new LeaseOptions
        {
            Credential = new CredentialRequest { AccessToken = binding },
            TimeToLive = timeToLive,
            Renew = false,
        });
    }

    public static AuthenticationHeaderValue Basic(string client, string secret = Secret) => new(
        "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(client)}:{Uri.EscapeDataString(secret)}")));

    public AuthenticationHeaderValue Bearer(string workload) => new("Bearer", Broker.TokenOf(workload));

    /// <summary>As the resource server of the invoices, unless it is said otherwise.</summary>
    public async Task<HttpResponseMessage> AskAsync(
        string what, string token, AuthenticationHeaderValue? client = null, string target = Invoices) =>
        await PostAsync(
            what,
            new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token, ["token_type_hint"] = "access_token" }),
            client ?? Basic(Invoices),
            target);

    public async Task<HttpResponseMessage> PostAsync(
        string what, HttpContent content, AuthenticationHeaderValue? client, string target = Invoices)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/jwt/{target}/{what}") { Content = content };
        request.Headers.Authorization = client;
        request.Headers.ExpectContinue = true;
        return await _http.SendAsync(request);
    }

    /// <summary>The answer to a question that is answered.</summary>
    public async Task<JsonElement> IntrospectAsync(string token, AuthenticationHeaderValue? client = null, string target = Invoices)
    {
        using var response = await AskAsync("introspect", token, client, target);
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    public async Task<bool> IsActiveAsync(string token, AuthenticationHeaderValue? client = null, string target = Invoices) =>
        (await IntrospectAsync(token, client, target)).GetProperty("active").GetBoolean();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _http.Dispose();
        await Broker.DisposeAsync();
    }
}
