using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace SecretsBroker.Tests.Approvals;

/// <summary>Who is told by the webhook, on loopback.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Delivery> _deliveries = new();

    private WebhookReceiver(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>Every request, in order.</summary>
    public IReadOnlyList<Delivery> Deliveries => [.. _deliveries];

    /// <summary>Answers instead; given how many requests there were of this id.</summary>
    public Func<HttpContext, int, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        receiver.Url = app.Urls.First() + "/hook";
        return receiver;
    }

    /// <summary>The first of a type that tells of one thing.</summary>
    public async Task<Delivery> WaitForAsync(string type, string about)
    {
        Delivery? found = null;
        await Wait.UntilAsync(() => (found = Deliveries.FirstOrDefault(
            one => one.Type == type && one.Body.Contains(about, StringComparison.Ordinal))) is not null);
        return found!;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers;
        var delivery = new Delivery(
            $"{headers["webhook-id"]}", $"{headers["webhook-timestamp"]}", $"{headers["webhook-signature"]}", await reader.ReadToEndAsync());
        _deliveries.Enqueue(delivery);
        await Answer(context, _deliveries.Count(one => one.Id == delivery.Id));
    }

    internal sealed record Delivery(string Id, string Time, string Signature, string Body)
    {
        public string Type
        {
            get
            {
                using var body = JsonDocument.Parse(Body);
                return body.RootElement.GetProperty("type").GetString()!;
            }
        }
    }
}
