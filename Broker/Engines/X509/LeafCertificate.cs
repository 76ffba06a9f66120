using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.X509;

/// <summary>What a lease's certificate says: whose it is, what for, and how to look whether it was revoked.</summary>
internal static class LeafCertificate
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <param name="request">Who asked, and what for.</param>
    /// <param name="key">The only thing in it that is the caller's.</param>
    /// <param name="profile">The grant's.</param>
    /// <param name="authority">Who will sign it.</param>
    /// <param name="addresses">Where to look; null leaves that out.</param>
    public static CertificateRequest Prepare(
        IssueRequest request, PublicKey key, X509GrantSettings profile, CertificateAuthority authority, X509Addresses? addresses)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(request.LeaseId.Value);
        var leaf = new CertificateRequest(subject.Build(), key, authority.HashAlgorithm);
        var extensions = leaf.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(KeyUsages(key, profile), critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension(Usages(profile), critical: false));
        extensions.Add(profile.SubjectAlternativeNames(request.Workload));
        extensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        extensions.Add(authority.AuthorityKeyIdentifier);
        extensions.Add(IntendedUse.Create(request.Intent.Action, request.Intent.Resource));
        if (addresses is not null)
        {
            extensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([addresses.RevocationListOf(authority.Id)]));
            extensions.Add(new X509AuthorityInformationAccessExtension([addresses.Ocsp], [addresses.CertificateOf(authority.Id)]));
        }

        return leaf;
    }

    private static X509KeyUsageFlags KeyUsages(PublicKey key, X509GrantSettings profile)
    {
        using var rsa = key.GetRSAPublicKey();
        return rsa is not null && profile.KeyEncipherment
            ? X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment
            : X509KeyUsageFlags.DigitalSignature;
    }

    private static OidCollection Usages(X509GrantSettings profile)
    {
        var usages = new OidCollection();
        if (profile.IsClient)
        {
            usages.Add(new Oid(ClientAuthentication));
        }

        if (profile.IsServer)
        {
            usages.Add(new Oid(ServerAuthentication));
        }

        return usages;
    }
}
