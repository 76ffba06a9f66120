using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Configuration;

/// <summary>A certificate with its issuers behind it and its key, in PEM files, as one end of a connection shows it.</summary>
internal static class CertificateFiles
{
    /// <returns>Null when they cannot be read, or do not belong together.</returns>
    public static SslStreamCertificateContext? TryRead(string certificateFile, string keyFile)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            // Windows' TLS takes no key that lives in memory only; read back from PKCS#12 it is accepted everywhere.
            var leaf = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
            var issuers = new X509Certificate2Collection();
            issuers.ImportFromPemFile(certificateFile);
            // Sent along: the other end knows the root, and not what stands between. Offline: nothing is fetched that a certificate names.
            return SslStreamCertificateContext.Create(leaf, [.. issuers.Skip(1)], offline: true);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
