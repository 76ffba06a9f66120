using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests;

/// <summary>Servers' certificates that are their own authorities: enough for whom to trust.</summary>
internal static class ServerCertificates
{
    /// <summary>For a server at an address.</summary>
    public static X509Certificate2 Of(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }

    /// <returns>A file that names it as an authority.</returns>
    public static string Write(TemporaryFolder folder, X509Certificate2 certificate)
    {
        var path = Path.Combine(folder.Path, "ca.pem");
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return path;
    }
}
