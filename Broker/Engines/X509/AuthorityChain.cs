using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Engines.X509;

/// <summary>An authority's certificate and those above it, each signed by the next: checked when it is read, but for its dates.</summary>
internal sealed class AuthorityChain : IDisposable
{
    private const int MaxCertificates = 8;
    private const X509KeyUsageFlags Signs = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    private readonly X509Certificate2Collection _certificates;

    private AuthorityChain(X509Certificate2Collection certificates)
    {
        _certificates = certificates;
        NotBefore = certificates.Max(certificate => new DateTimeOffset(certificate.NotBefore));
        NotAfter = certificates.Min(certificate => new DateTimeOffset(certificate.NotAfter));
        NameConstraints = [.. certificates.Select(Naming.NameConstraints.Of).OfType<NameConstraints>()];
        var last = certificates[^1];
        TrustAnchorPem = PemOf([last]);
        // A root is its verifiers' business. Where the file ends below one, verifiers have to be given all of it.
        IntermediatesPem = PemOf(IsSelfIssued(last) ? certificates.SkipLast(1) : certificates);
        Pem = PemOf(certificates);
    }

    public X509Certificate2 Certificate => _certificates[0];

    /// <summary>When the last of them began.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>When the first of them ends: what is signed must not outlive it.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Of each that has some.</summary>
    public IReadOnlyList<NameConstraints> NameConstraints { get; }

    /// <summary>The last one: the root, or what is known below it.</summary>
    public string TrustAnchorPem { get; }

    /// <summary>What is sent along with a leaf.</summary>
    public string IntermediatesPem { get; }

    public string Pem { get; }

    /// <exception cref="EngineException">It cannot be read, or is no chain of an authority.</exception>
    public static AuthorityChain Read(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(KeyFile.ReadPublic(path));
            return FaultOf(certificates) is { } fault ? throw Unusable(fault) : new AuthorityChain(certificates);
        }
        catch (CryptographicException e)
        {
            Dispose(certificates);
            throw Unusable("holds a certificate that cannot be read", e);
        }
        catch (EngineException)
        {
            Dispose(certificates);
            throw;
        }

        EngineException Unusable(string why, Exception? inner = null) => new($"certificate_file {path} {why}", isTransient: false, inner);
    }

    public void Dispose() => Dispose(_certificates);

    private static string? FaultOf(X509Certificate2Collection certificates)
    {
        if (certificates.Count is 0 or > MaxCertificates)
        {
            return $"must hold 1 to {MaxCertificates} certificates";
        }

        var own = certificates[0];
        if (own.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault() is not { } usage || (usage.KeyUsages & Signs) != Signs ||
            !own.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
        {
            return "must begin with a CA's that may sign certificates and CRLs, with a subject key identifier";
        }

        foreach (var (below, certificate) in certificates.Index())
        {
            if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault() is not { CertificateAuthority: true } basic)
            {
                return $"holds at place {below + 1} a certificate that is no CA's";
            }

            if (basic.HasPathLengthConstraint && basic.PathLengthConstraint < below)
            {
                return $"holds at place {below + 1} a CA that allows only {basic.PathLengthConstraint} below it (path length)";
            }
        }

        return IsChain(certificates) ? null : "must hold the CA's certificate first, then its issuers, each after the one that it signed";
    }

    // Signatures, key usages and constraints of those above, by the platform's own rules; dates are looked at when something is signed.
    private static bool IsChain(X509Certificate2Collection certificates)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(certificates[^1]);
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags =
            X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.AllowUnknownCertificateAuthority;
        var valid = chain.Build(certificates[0]);
        var built = chain.ChainElements.Select(element => element.Certificate.RawData).ToList();
        foreach (var element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return valid && built.Count == certificates.Count && built.Zip(certificates).All(pair => pair.First.SequenceEqual(pair.Second.RawData));
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static string PemOf(IEnumerable<X509Certificate2> certificates) =>
        string.Concat(certificates.Select(certificate => certificate.ExportCertificatePem() + "\n"));

    private static void Dispose(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates)
        {
            certificate.Dispose();
        }
    }
}
