using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>
/// A server that follows the published REST API of Open Policy Agent as far as one question goes: the Data API's <c>POST</c>, its errors,
/// provenance, decision ids and bearer tokens. Its one rule is a function of the test's.
/// </summary>
internal sealed class OpaServer : IAsyncDisposable
{
    private const string DataApi = "/v1/data/";

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly List<OpaRequest> _requests = [];

    private OpaServer(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>Where <see cref="Rule"/> stands below <c>/v1/data/</c>.</summary>
    public string Path { get; set; } = "secretsbroker/decision";

    /// <summary>The value of the rule for an input; null where it is undefined.</summary>
    public Func<JsonElement, JsonNode?> Rule { get; set; } = _ => JsonValue.Create(true);

    /// <summary>The active bundles and their revisions.</summary>
    public Dictionary<string, string> Bundles { get; } = [];

    /// <summary>What callers must bring; empty for nothing.</summary>
    public string Token { get; set; } = "";

    /// <summary>Answers in place of the server.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public IReadOnlyList<OpaRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public static Task<OpaServer> StartAsync(X509Certificate2? certificate = null) => StartAsync(
        kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            if (certificate is not null)
            {
                endpoint.UseHttps(certificate);
            }
        }),
        app => app.Urls.Single());

    public static Task<OpaServer> StartOnSocketAsync(string path) =>
        StartAsync(kestrel => kestrel.ListenUnixSocket(path), _ => $"unix://{path}");

    /// <summary>Makes the answer of every request this text.</summary>
    public void AnswerWith(string body, int status = StatusCodes.Status200OK, string contentType = "application/json") => Instead = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static async Task<OpaServer> StartAsync(Action<KestrelServerOptions> listen, Func<WebApplication, string> addressOf)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(listen);
        var app = builder.Build();
        var server = new OpaServer(app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        server.Address = addressOf(app);
        return server;
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new OpaRequest(
            context.Request.Method,
            context.Request.Path.Value!,
            context.Request.QueryString.Value!,
            context.Request.Headers.Authorization.ToString(),
            await reader.ReadToEndAsync(),
            context.Connection.Id);
        lock (_lock)
        {
            _requests.Add(request);
        }

        await (Instead is { } instead ? instead(context) : AnswerAsync(context, request));
    }

    private Task AnswerAsync(HttpContext context, OpaRequest request)
    {
        if (Token.Length > 0 && request.Authorization != $"Bearer {Token}")
        {
            return FailAsync(context, StatusCodes.Status401Unauthorized, "unauthorized");
        }

        if (!request.Path.StartsWith(DataApi, StringComparison.Ordinal))
        {
            return FailAsync(context, StatusCodes.Status404NotFound, "undefined_document");
        }

        if (request.Method != HttpMethods.Post)
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }

        JsonElement input;
        try
        {
            input = JsonDocument.Parse(request.Body).RootElement.GetProperty("input");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            return FailAsync(context, StatusCodes.Status400BadRequest, "invalid_parameter");
        }

        var answer = new JsonObject { ["decision_id"] = "4ca636c1-55e4-417a-b1d8-4aceb67960d1" };
        if (request.Query.Contains("provenance=true", StringComparison.Ordinal))
        {
            answer["provenance"] = new JsonObject
            {
                ["version"] = "1.9.0",
                ["build_commit"] = "f2b1a3c",
                ["build_timestamp"] = "2026-01-05T10:00:00Z",
                ["build_host"] = "opa.example",
                ["bundles"] = new JsonObject(
                    Bundles.Select(bundle => KeyValuePair.Create(bundle.Key, (JsonNode?)new JsonObject { ["revision"] = bundle.Value }))),
            };
        }

        // An undefined document has no result at all.
        if (request.Path == DataApi + Path && Rule(input) is { } result)
        {
            answer["result"] = result;
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer.ToJsonString() + "\n");
    }

    private static Task FailAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($$"""{"code": "{{code}}", "message": "the server's own words"}""");
    }
}

/// <param name="Method">Of HTTP.</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its question mark.</param>
/// <param name="Authorization">Empty when there was none.</param>
/// <param name="Body">As it was sent.</param>
/// <param name="Connection">Names the connection that it came on.</param>
internal sealed record OpaRequest(string Method, string Path, string Query, string Authorization, string Body, string Connection);
