using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace SecretsBroker.Samples.TargetService;

/// <summary>A small service behind the broker, over HTTPS on a free loopback port: it lists invoices and deletes them.</summary>
public sealed class InvoicesApi : IAsyncDisposable
{
    public const string Resource = "invoices-api/invoices";

    private readonly WebApplication _app;

    private InvoicesApi(WebApplication app, X509Certificate2 serverCertificate)
    {
        _app = app;
        ServerCertificate = serverCertificate;
        Address = new Uri(app.Urls.Single());
    }

    public Uri Address { get; }

    /// <summary>Made for this run; callers trust it and nothing else.</summary>
    public X509Certificate2 ServerCertificate { get; }

    /// <param name="options">How callers are checked.</param>
    /// <param name="logging">Where its log goes; nowhere by default.</param>
    /// <param name="cancellationToken">Stops waiting for the start.</param>
    public static async Task<InvoicesApi> StartAsync(
        SecretsBrokerAccessOptions options, Action<ILoggingBuilder>? logging = null, CancellationToken cancellationToken = default)
    {
        var certificate = MakeServerCertificate(options.Time.GetUtcNow());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            // Judged at every request, by the middleware.
            https.AllowAnyClientCertificate();
        })));

        var app = builder.Build();
        app.UseSecretsBrokerAccess(options);
        app.MapGet("/invoices", (HttpContext context) => Results.Json(new
        {
            invoices = new[] { new { number = 4711, total = "120.00 EUR" }, new { number = 4712, total = "89.90 EUR" } },
            caller = context.Features.Get<GrantedAccess>()!.Workload,
        })).RequiresAccess("read", Resource);
        app.MapDelete("/invoices/{number:int}", (int number) => Results.NoContent()).RequiresAccess("delete", Resource);
        await app.StartAsync(cancellationToken);
        return new InvoicesApi(app, certificate);
    }

    /// <summary>For a caller with a client certificate and its key: trusts this service's certificate only.</summary>
    /// <param name="clientCertificate">With its private key; null to come without.</param>
    public SocketsHttpHandler CreateHandler(X509Certificate2? clientCertificate)
    {
        var handler = new SocketsHttpHandler();
        var trusted = ServerCertificate.GetCertHash(HashAlgorithmName.SHA256);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented is not null && presented.GetCertHash(HashAlgorithmName.SHA256).AsSpan().SequenceEqual(trusted);
        if (clientCertificate is not null)
        {
            handler.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(clientCertificate, additionalCertificates: null, offline: true);
        }

        return handler;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        ServerCertificate.Dispose();
    }

    private static X509Certificate2 MakeServerCertificate(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        // Windows' TLS takes no key that lives in memory only; read back from PKCS#12 it is accepted everywhere.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
