using System.Net.Security;
using SecretsBroker.Configuration;

namespace SecretsBroker.CommandLine.Remote;

/// <summary>Reads the certificate that proves who asks.</summary>
internal static class RemoteCertificate
{
    /// <exception cref="RemoteException">The files cannot be read, or are no certificate and its key.</exception>
    public static SslStreamCertificateContext Read(FileInfo certificate, FileInfo key) =>
        CertificateFiles.TryRead(certificate.FullName, key.FullName)
        ?? throw new RemoteException($"'{certificate.FullName}' and '{key.FullName}' cannot be read, or are not a PEM certificate and its key");
}
