using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace SecretsBroker.Tests.Identity;

/// <summary>An OpenID provider on loopback that misbehaves when told to.</summary>
internal sealed class TestProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _requests = new();

    private TestProvider(WebApplication app, TestKey key)
    {
        _app = app;
        Keys = [key];
    }

    /// <summary>Its name: the same after <see cref="StopAsync"/>.</summary>
    public string Issuer { get; private set; } = "";

    public IReadOnlyList<TestKey> Keys { get; set; }

    /// <summary>What the discovery document says, if not the truth.</summary>
    public Action<JsonObject> Lie { get; set; } = _ => { };

    /// <summary>Answers instead of the provider.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public int KeyRequests => _requests.GetValueOrDefault("/keys");

    public int Requests => _requests.Values.Sum();

    public static async Task<TestProvider> StartAsync(TestKey key)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var provider = new TestProvider(app, key);
        app.Run(provider.Answer);
        await app.StartAsync();
        provider.Issuer = app.Urls.First();
        return provider;
    }

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Answer(HttpContext context)
    {
        _requests.AddOrUpdate(context.Request.Path.Value!, 1, (_, count) => count + 1);
        if (Instead is not null)
        {
            await Instead(context);
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/.well-known/openid-configuration":
                var document = new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = Issuer + "/keys" };
                Lie(document);
                await context.Response.WriteAsync(document.ToJsonString());
                break;
            case "/keys":
                await context.Response.WriteAsync(TestTokens.KeySet([.. Keys]));
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }
}
