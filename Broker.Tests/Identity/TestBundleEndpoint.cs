using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace SecretsBroker.Tests.Identity;

/// <summary>What a trust domain publishes its bundle with, over TLS on loopback. It misbehaves when told to.</summary>
internal sealed class TestBundleEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private TestBundleEndpoint(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        Certificate = certificate;
    }

    public string Url { get; private set; } = "";

    public string Content { get; set; } = "";

    /// <summary>For the connections from now on.</summary>
    public X509Certificate2 Certificate { get; set; }

    /// <summary>Answers instead.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public int Requests => Volatile.Read(ref _requests);

    public static async Task<TestBundleEndpoint> StartAsync(X509Certificate2 certificate)
    {
        TestBundleEndpoint? endpoint = null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => endpoint!.Certificate)));
        var app = builder.Build();
        endpoint = new TestBundleEndpoint(app, certificate);
        app.Run(endpoint.AnswerAsync);
        await app.StartAsync();
        endpoint.Url = $"https://localhost:{new Uri(app.Urls.First()).Port}/bundle.json";
        return endpoint;
    }

    /// <summary>A certificate for <c>localhost</c> in system time, signed by itself.</summary>
    public static X509Certificate2 CreateWebCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        return Instead is { } instead ? instead(context) : context.Response.WriteAsync(Content);
    }
}
