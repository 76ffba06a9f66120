using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity;

namespace SecretsBroker.Engines.X509;

/// <summary>What a lease's certificate says: whose it is, what for, and how to look whether it was revoked.</summary>
internal static class LeafCertificate
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <param name="request">Who asked, and what for.</param>
    /// <param name="key">The only thing in it that is the caller's.</param>
    /// <param name="authority">Who will sign it.</param>
    /// <param name="revocationList">Where the CRL is; null leaves it out.</param>
    public static CertificateRequest Prepare(
        IssueRequest request, PublicKey key, CertificateAuthority authority, string? revocationList)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(request.LeaseId.Value);
        // Exactly one name: a certificate with two is no X.509-SVID (§2).
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(AddressOf(request.Workload));

        var leaf = new CertificateRequest(subject.Build(), key, authority.HashAlgorithm);
        var extensions = leaf.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ClientAuthentication)], critical: false));
        extensions.Add(names.Build());
        extensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        extensions.Add(authority.AuthorityKeyIdentifier);
        extensions.Add(IntendedUse.Create(request.Intent.Action, request.Intent.Resource));
        if (revocationList is not null)
        {
            extensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([revocationList]));
        }

        return leaf;
    }

    private static Uri AddressOf(WorkloadId workload) =>
        // Whoever reads the certificate must find the very id that policy decided about.
        Uri.TryCreate(workload.Value, UriKind.Absolute, out var uri) && uri.AbsoluteUri == workload.Value
            ? uri
            : throw new EngineException("the workload's id cannot be written into a certificate unchanged", isTransient: false);
}
