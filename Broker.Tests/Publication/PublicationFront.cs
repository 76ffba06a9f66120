using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace SecretsBroker.Tests.Publication;

/// <summary>
/// What stands before a broker's publications, as a load balancer would: its address is known before the broker has one, so that certificates
/// can name it.
/// </summary>
internal sealed class PublicationFront : IAsyncDisposable
{
    private readonly HttpClient _client = new();
    private readonly WebApplication _app;

    private PublicationFront()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(PassOnAsync);
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Where to pass on to.</summary>
    public Uri? Broker { get; set; }

    /// <summary>What it says it does not have: paths that begin so. Null for none.</summary>
    public string? Missing { get; set; }

    /// <summary>The paths that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public static async Task<PublicationFront> StartAsync()
    {
        var front = new PublicationFront();
        await front._app.StartAsync();
        return front;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task PassOnAsync(HttpContext context)
    {
        Asked.Enqueue(context.Request.Path);
        if (Missing is { } missing && context.Request.Path.StartsWithSegments(missing, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // As it was sent: in an OCSP request's base64 slashes are escaped.
        var sent = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(Broker!, sent));
        if (context.Request.ContentLength is not null)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        using var response = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
