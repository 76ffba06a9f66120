using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>
/// A server that follows Vault's published HTTP API: AppRole logins, policies, token roles, tokens, leases, and one mount that makes
/// database users. A token's leases end with it, and it and they by themselves.
/// </summary>
internal sealed partial class VaultServer : IAsyncDisposable
{
    public const string RoleId = "role-of-the-broker";
    public const string InvoicesPath = "database/creds/invoices-read";

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly List<VaultRequest> _requests = [];

    private VaultServer(WebApplication app, TimeProvider time) => (_app, State) = (app, new VaultState(time));

    public string Url { get; private set; } = "";

    /// <summary>Only within <see cref="With"/>.</summary>
    private VaultState State { get; }

    public string SecretId { get; set; } = "the broker's secret id";

    /// <summary>Zero for a token that does not end.</summary>
    public TimeSpan LoginLife { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Below which everything is; empty for none.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>No token lives longer.</summary>
    public TimeSpan MaxTokenLife { get; set; } = TimeSpan.FromDays(32);

    /// <summary>Whether the database that users are made at answers.</summary>
    public bool IsBackendUp { get; set; } = true;

    public string[] BrokersPolicies { get; set; } = ["secrets-broker", "invoices-read"];

    public Dictionary<string, VaultPolicy> Policies { get; } = new()
    {
        ["secrets-broker"] = VaultPolicy.OfSample("secrets-broker.hcl"),
        ["invoices-read"] = VaultPolicy.OfSample("invoices-read.hcl"),
    };

    /// <summary>What is made at a path, given the parameters.</summary>
    public Dictionary<string, Func<JsonObject, VaultServerSecret>> Mounts { get; } = new()
    {
        [InvoicesPath] = _ => NewUser(TimeSpan.FromHours(1), TimeSpan.FromHours(24)),
    };

    /// <summary>Before the server does anything; true answers in its place.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    public IReadOnlyList<VaultRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public static VaultServerSecret NewUser(TimeSpan timeToLive, TimeSpan maxTimeToLive) => new(
        timeToLive,
        maxTimeToLive,
        new JsonObject { ["username"] = $"v-{RandomNumberGenerator.GetHexString(32, lowercase: true)}", ["password"] = $"p-{RandomNumberGenerator.GetHexString(32, lowercase: true)}" });

    public static async Task<VaultServer> StartAsync(TimeProvider? time = null, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            if (certificate is not null)
            {
                endpoint.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        var server = new VaultServer(app, time ?? TimeProvider.System);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        server.Url = app.Urls.Single();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Looks at what it keeps, or changes it, between two requests.</summary>
    public T With<T>(Func<VaultState, T> look)
    {
        lock (_lock)
        {
            State.Expire();
            return look(State);
        }
    }

    /// <summary>Whether the database lets somebody in.</summary>
    public bool LetsIn(string username, string password) =>
        With(state => state.Users.TryGetValue(username, out var expected) && expected == password);

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var request = new VaultRequest(
            context.Request.Method,
            context.Request.Path.Value!["/v1/".Length..],
            context.Request.Headers["X-Vault-Token"].ToString(),
            context.Request.Headers["X-Vault-Namespace"].ToString(),
            body.Length == 0 ? [] : JsonNode.Parse(body)!.AsObject());
        lock (_lock)
        {
            _requests.Add(request);
        }

        if (Instead is { } instead && await instead(context))
        {
            return;
        }

        VaultServerAnswer answer;
        lock (_lock)
        {
            State.Expire();
            answer = request.Namespace == Namespace ? Answer(request) : VaultServerAnswer.Refused(403, "permission denied");
        }

        context.Response.StatusCode = answer.Status;
        if (answer.Content is { } content)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(content.ToJsonString(), context.RequestAborted);
        }
    }
}

/// <param name="Path">Below <c>/v1/</c>.</param>
internal sealed record VaultRequest(string Method, string Path, string Token, string Namespace, JsonObject Body);

internal sealed record VaultServerAnswer(int Status, JsonObject? Content)
{
    public static VaultServerAnswer None { get; } = new(204, Content: null);

    public static VaultServerAnswer Of(string part, JsonObject content) => new(200, new JsonObject { [part] = content });

    public static VaultServerAnswer Refused(int status, params string[] errors) =>
        new(status, new JsonObject { ["errors"] = new JsonArray([.. errors.Select(error => (JsonNode)error)]) });
}
