using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>An authorization server on loopback that answers what a test tells it to, right or wrong. Its tokens are active until they are revoked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (shown, _, _) => Client == shown.Thumbprint;
                });
            }
        }));
        _app = builder.Build();
        Token = http => http.Response.WriteAsync("""{"access_token":"t-1","token_type":"Bearer","expires_in":300}""");
        Revoke = http =>
        {
            Revoked.Add(http.Request.Form["token"].ToString());
            return Task.CompletedTask;
        };
        Introspect = http => http.Response.WriteAsync(
            Revoked.Contains(http.Request.Form["token"].ToString()) ? """{"active":false}""" : """{"active":true}""");
        Metadata = http =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        };
        _app.MapGet("{**path}", (HttpContext http) =>
        {
            MetadataRequests.Enqueue(http.Request.Path);
            return Metadata(http);
        });
        _app.MapPost("/token", (HttpContext http) => AnswerAsync(http, Token));
        _app.MapPost("/revoke", (HttpContext http) => AnswerAsync(http, Revoke));
        _app.MapPost("/introspect", (HttpContext http) => AnswerAsync(http, Introspect));
    }

    /// <summary>The thumbprint of the client certificate that it takes.</summary>
    public string Client { get; set; } = "";

    public Func<HttpContext, Task> Token { get; set; }

    public Func<HttpContext, Task> Revoke { get; set; }

    public Func<HttpContext, Task> Introspect { get; set; }

    /// <summary>What it says of itself, to whatever is got: nothing, as long as no test tells it to.</summary>
    public Func<HttpContext, Task> Metadata { get; set; }

    /// <summary>The paths that were got, in order.</summary>
    public ConcurrentQueue<string> MetadataRequests { get; } = [];

    /// <summary>The thumbprints of the client certificates of what was sent, in order.</summary>
    public ConcurrentQueue<string> Shown { get; } = [];

    public ConcurrentBag<string> Revoked { get; } = [];

    /// <summary>What was sent, in order: the path, the form, the <c>Authorization</c> header.</summary>
    public ConcurrentQueue<(string Path, IFormCollection Form, string Authorization)> Requests { get; } = [];

    public string Url => _app.Urls.Single();

    /// <param name="certificate">Its own; it speaks TLS then, to <see cref="Client"/> and nobody else.</param>
    public static async Task<ScriptedServer> StartAsync(X509Certificate2? certificate = null)
    {
        var server = new ScriptedServer(certificate);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http, Func<HttpContext, Task> answer)
    {
        Requests.Enqueue((http.Request.Path, await http.Request.ReadFormAsync(), http.Request.Headers.Authorization.ToString()));
        if (http.Connection.ClientCertificate is { } shown)
        {
            Shown.Enqueue(shown.Thumbprint);
        }

        await answer(http);
    }
}
