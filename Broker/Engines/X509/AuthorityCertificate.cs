using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Engines.X509;

/// <summary>What the certificate of an authority of the broker's own says, whoever signs it.</summary>
internal static class AuthorityCertificate
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    // For verifiers whose clock is behind.
    private static readonly TimeSpan DatedBack = TimeSpan.FromMinutes(5);

    /// <summary>A root that signs leases' certificates itself, PEM.</summary>
    public static string MakeRoot(AuthorityKey key, AuthoritySettings settings, DateTimeOffset now)
    {
        using var root = SelfSign(key, settings.CommonName, authoritiesBelow: 0, settings.NameConstraints, now);
        return root.ExportCertificatePem() + "\n";
    }

    /// <summary>An intermediate and, after it, its root, PEM.</summary>
    public static string MakeIntermediate(AuthorityKey key, AuthorityKey rootKey, AuthoritySettings settings, DateTimeOffset now)
    {
        using var root = SelfSign(rootKey, settings.RootName, authoritiesBelow: 1, settings.NameConstraints, now);
        var request = Prepare(key, settings.CommonName, authoritiesBelow: 0, settings.NameConstraints, rootKey.HashAlgorithm);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            root, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = request.Create(
            root.SubjectName, rootKey.Generator, now - DatedBack, new DateTimeOffset(root.NotAfter), NewSerialNumber());
        return $"{certificate.ExportCertificatePem()}\n{root.ExportCertificatePem()}\n";
    }

    /// <summary>A signing request (PKCS#10) for an intermediate, PEM: it asks for what the broker needs, and for no more.</summary>
    public static string MakeRequest(AuthorityKey key, AuthoritySettings settings) =>
        Prepare(key, settings.CommonName, authoritiesBelow: 0, settings.NameConstraints, key.HashAlgorithm)
            .CreateSigningRequestPem(key.Generator) + "\n";

    /// <summary>Random, and none that a lease could have.</summary>
    public static byte[] NewSerialNumber()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(0x20 | (serial[0] & 0x1f));
        return serial;
    }

    private static X509Certificate2 SelfSign(
        AuthorityKey key, string name, int authoritiesBelow, NameConstraints? constraints, DateTimeOffset now)
    {
        var request = Prepare(key, name, authoritiesBelow, constraints, key.HashAlgorithm);
        return request.Create(request.SubjectName, key.Generator, now - DatedBack, now + Lifetime, NewSerialNumber());
    }

    private static CertificateRequest Prepare(
        AuthorityKey key, string commonName, int authoritiesBelow, NameConstraints? constraints, HashAlgorithmName hashAlgorithm)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(commonName);
        var request = new CertificateRequest(name.Build(), key.PublicKey, hashAlgorithm);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, authoritiesBelow, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key.PublicKey, critical: false));
        if (constraints is not null)
        {
            request.CertificateExtensions.Add(constraints.ToExtension());
        }

        return request;
    }
}
