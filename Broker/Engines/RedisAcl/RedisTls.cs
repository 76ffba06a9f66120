using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>TLS to a node. Files are read for each connection, so that rotating them needs no restart.</summary>
internal static class RedisTls
{
    /// <returns>The broker's client certificate; null when it has none.</returns>
    public static X509Certificate2? ReadCertificate(RedisTargetSettings settings) => settings.TlsCertificateFile is { } file
        ? Guarded(file, () => X509Certificate2.CreateFromPemFile(file, settings.TlsKeyFile))
        : null;

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
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            Guarded(file, () =>
            {
                policy.CustomTrustStore.ImportFromPemFile(file);
                return policy;
            });
            options.CertificateChainPolicy = policy;
        }

        if (settings.TlsMode == RedisTlsMode.VerifyCa)
        {
            options.RemoteCertificateValidationCallback =
                (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        }

        return options;
    }

    private static T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Not kept as the inner exception: what a parser says about a key may quote it.
            throw new EngineException($"its TLS file {file} cannot be used ({e.GetType().Name})", isTransient: false);
        }
    }
}
