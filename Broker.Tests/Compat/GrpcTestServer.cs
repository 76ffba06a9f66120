using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace SecretsBroker.Tests.Compat;

/// <summary>Kestrel with gRPC services on a free loopback port, HTTP/2 only.</summary>
internal sealed class GrpcTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcTestServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public IServiceProvider Services => _app.Services;

    public static async Task<GrpcTestServer> StartAsync(
        Action<WebApplication> map,
        Action<IServiceCollection>? services = null,
        Action<GrpcServiceOptions>? options = null,
        X509Certificate2? certificate = null,
        TlsHandshakeCallbackOptions? tls = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (certificate is not null || tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (tls is not null)
                listen.UseHttps(tls);
            if (certificate is not null)
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                });
        }));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.Services.AddGrpc(options ?? (_ => { }));
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseRouting();
        map(app);
        await app.StartAsync();
        return new GrpcTestServer(app);
    }

    public GrpcChannel Connect(GrpcChannelOptions? options = null) =>
        GrpcChannel.ForAddress(Address, options ?? new GrpcChannelOptions());

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
