using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace SecretsBroker.Tests.Identity;

/// <summary>Connections over TLS to servers of the tests, with any certificate or none. Of the server's no more is looked at than its name.</summary>
internal static class TlsClient
{
    public static GrpcChannel Connect(Uri address, X509Certificate2? leaf = null, params X509Certificate2[] issuers) =>
        GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = Handler(leaf, issuers), DisposeHttpClient = true });

    /// <summary>Writes a certificate for <c>localhost</c> and its key, for a listener.</summary>
    public static (string CertificateFile, string KeyFile) WriteServerCertificate(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var files = (Path.Combine(folder, "listener.pem"), Path.Combine(folder, "listener.key"));
        File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    private static SocketsHttpHandler Handler(X509Certificate2? leaf, X509Certificate2[] issuers) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is { Subject: "CN=localhost" },
            ClientCertificateContext = leaf is null ? null : SslStreamCertificateContext.Create(leaf, [.. issuers], offline: true),
        },
    };
}
