using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Tests.Otlp;

namespace SecretsBroker.Tests.Telemetry;

/// <summary>A collector that keeps what it is sent, over either of OTLP's protocols.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    public const string Grpc = "grpc";
    public const string HttpProtobuf = "http/protobuf";

    // Length-prefixed message of no bytes (gRPC over HTTP/2, "Responses").
    private static readonly byte[] EmptyGrpcMessage = new byte[5];

    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public ConcurrentQueue<ResourceMetrics> Metrics { get; } = [];

    public ConcurrentQueue<ResourceSpans> Traces { get; } = [];

    public ConcurrentQueue<ResourceLogs> Logs { get; } = [];

    public ConcurrentQueue<string> Headers { get; } = [];

    public IEnumerable<Span> Spans => Traces.SelectMany(resource => resource.Scopes).SelectMany(scope => scope.Spans);

    public IEnumerable<LogRecord> LogRecords => Logs.SelectMany(resource => resource.Scopes).SelectMany(scope => scope.Records);

    public IEnumerable<Metric> AllMetrics => Metrics.SelectMany(resource => resource.Scopes).SelectMany(scope => scope.Metrics);

    public static async Task<OtlpReceiver> StartAsync(string protocol)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = protocol == Grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(receiver.ReceiveAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var isGrpc = context.Request.ContentType == "application/grpc";
        var message = body.ToArray().AsSpan(isGrpc ? EmptyGrpcMessage.Length : 0);
        Headers.Enqueue(context.Request.Headers["x-tenant"].ToString());
        Keep(context.Request.Path, ByteString.CopyFrom(message));
        if (isGrpc)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(EmptyGrpcMessage);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
        }
    }

    private void Keep(string path, ByteString message)
    {
        switch (path)
        {
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                Add(Metrics, ExportMetricsRequest.Parser.ParseFrom(message).Resources);
                break;
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                Add(Traces, ExportTraceRequest.Parser.ParseFrom(message).Resources);
                break;
            case "/v1/logs" or "/opentelemetry.proto.collector.logs.v1.LogsService/Export":
                Add(Logs, ExportLogsRequest.Parser.ParseFrom(message).Resources);
                break;
            default:
                throw new InvalidOperationException($"nothing is served at {path}");
        }
    }

    private static void Add<T>(ConcurrentQueue<T> queue, IEnumerable<T> items)
    {
        foreach (var item in items)
        {
            queue.Enqueue(item);
        }
    }
}
