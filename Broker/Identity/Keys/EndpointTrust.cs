using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Configuration;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Identity.Keys;

/// <summary>Whom a connection to a bundle endpoint must reach.</summary>
internal static class EndpointTrust
{
    /// <summary><c>https_web</c>: whoever has a certificate for the address's name.</summary>
    /// <param name="authorities">PEM file with those that count; empty for the system's.</param>
    /// <exception cref="KeySourceException">The file cannot be used.</exception>
    public static SslClientAuthenticationOptions ByName(string authorities)
    {
        if (authorities.Length == 0)
            return new SslClientAuthenticationOptions();
        return AuthorityFile.TryTrust(authorities) is { } trust
            ? new SslClientAuthenticationOptions { CertificateChainPolicy = trust }
            : throw new KeySourceException("its CaFile cannot be read, or there is no certificate in it");
    }

    /// <summary><c>https_spiffe</c>: the one workload, by the bundle of its trust domain, whatever the address's name is.</summary>
    public static SslClientAuthenticationOptions BySvid(WorkloadId endpoint, KeyRing bundle, TimeProvider time) => new()
    {
        // The stream builds a chain before it asks: to nothing, and without a look at anything that a certificate names.
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
        RemoteCertificateValidationCallback = (_, presented, chain, _) =>
            presented is X509Certificate2 leaf
            && SvidForm.IsOf(leaf, SvidForm.ServerAuthentication)
            && IsOf(endpoint, leaf, chain?.ChainPolicy.ExtraStore ?? [], bundle, time.GetUtcNow()),
    };

    private static bool IsOf(WorkloadId endpoint, X509Certificate2 leaf, X509Certificate2Collection issuers, KeyRing bundle, DateTimeOffset now)
    {
        using var certificate = new PresentedCertificate(leaf, issuers);
        return certificate.Subject.Fault is null && certificate.Subject.Id == endpoint && certificate.ChainTo(bundle, now).Holds(now);
    }
}
