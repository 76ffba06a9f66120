using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Configuration;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>TLS to a node. Files are read for each connection, so that rotating them needs no restart.</summary>
internal static class RedisTls
{
    /// <returns>The broker's client certificate; null when it has none.</returns>
    public static X509Certificate2? ReadCertificate(RedisTargetSettings settings)
    {
        if (settings.TlsCertificateFile is not { } file)
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(file, settings.TlsKeyFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Without the cause itself: what a parser says about a key may quote it.
            throw new EngineException($"its TLS file {file}, or the key to it, cannot be used ({e.GetType().Name})", isTransient: false);
        }
    }

    public static SslClientAuthenticationOptions Options(
        RedisEndpoint endpoint, RedisTargetSettings settings, X509Certificate2? certificate)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = endpoint.Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (certificate is not null)
        {
            options.ClientCertificates = [certificate];
        }

        if (settings.TlsCaFile is { } file)
        {
            options.CertificateChainPolicy = AuthorityFile.TryTrust(file)
                ?? throw new EngineException($"its TLS file {file} cannot be read, or holds no certificate", isTransient: false);
        }

        if (settings.TlsMode == RedisTlsMode.VerifyCa)
        {
            options.RemoteCertificateValidationCallback =
                (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        }

        return options;
    }
}
