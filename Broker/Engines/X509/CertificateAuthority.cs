using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.X509;

/// <summary>The key and the certificate that sign: made when they do not exist, checked when they do.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private static readonly TimeSpan OwnLifetime = TimeSpan.FromDays(3650);

    private readonly AsymmetricAlgorithm _key;
    private readonly X509Certificate2Collection _issuers;
    private readonly X509SignatureGenerator _generator;
    private readonly Lock _signing = new();

    private CertificateAuthority(AsymmetricAlgorithm key, X509Certificate2Collection issuers)
    {
        _key = key;
        _issuers = issuers;
        _generator = GeneratorOf(key);
        HashAlgorithm = key is ECDsa { KeySize: 384 } ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;
        AuthorityKeyIdentifier = X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false);
        TrustAnchorPem = issuers[^1].ExportCertificatePem() + "\n";
        IntermediatesPem = string.Concat(issuers.SkipLast(1).Select(c => c.ExportCertificatePem() + "\n"));
    }

    public X509Certificate2 Certificate => _issuers[0];

    public DateTimeOffset NotAfter => new(Certificate.NotAfter);

    public HashAlgorithmName HashAlgorithm { get; }

    public X509AuthorityKeyIdentifierExtension AuthorityKeyIdentifier { get; }

    public string TrustAnchorPem { get; }

    /// <summary>The issuers below the trust anchor; empty when this authority is the anchor.</summary>
    public string IntermediatesPem { get; }

    /// <exception cref="EngineException">The files cannot be read or made, or do not hold an authority.</exception>
    public static CertificateAuthority LoadOrCreate(X509Settings settings, TimeProvider time, out bool created)
    {
        // The key is always made before its certificate: a certificate that is there already belongs to a key that was given, or lost.
        if (File.Exists(settings.CertificateFile) && !File.Exists(settings.KeyFile))
        {
            throw new EngineException(
                $"certificate_file {settings.CertificateFile} exists, but not its key_file {settings.KeyFile}", isTransient: false);
        }

        created = KeyFile.EnsureExists(settings.KeyFile);
        var key = KeyFile.ReadPrivate(settings.KeyFile, ImportKey);
        try
        {
            if (!File.Exists(settings.CertificateFile))
            {
                KeyFile.Publish(settings.CertificateFile, SelfSign(key, settings.CommonName, time.GetUtcNow()));
            }

            return new CertificateAuthority(key, ReadCertificates(settings.CertificateFile, key));
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Signs, one at a time: a key object does not promise to be usable from several threads.</summary>
    public T Sign<T>(Func<X509SignatureGenerator, T> sign)
    {
        lock (_signing)
        {
            return sign(_generator);
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        foreach (var certificate in _issuers)
        {
            certificate.Dispose();
        }
    }

    private static AsymmetricAlgorithm ImportKey(char[] pem)
    {
        try
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(pem);
            return AcceptedAuthorityKey(ec);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            return AcceptedAuthorityKey(rsa);
        }
    }

    private static AsymmetricAlgorithm AcceptedAuthorityKey(AsymmetricAlgorithm key)
    {
        try
        {
            _ = key is RSA rsa ? AcceptedKey.Require(rsa, "key_file") : AcceptedKey.Require((ECDsa)key, "key_file");
            return key;
        }
        catch (CredentialInputException e)
        {
            throw new EngineException(e.Message, isTransient: false);
        }
    }

    private static X509SignatureGenerator GeneratorOf(AsymmetricAlgorithm key) => key is RSA rsa
        ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
        : X509SignatureGenerator.CreateForECDsa((ECDsa)key);

    private static string SelfSign(AsymmetricAlgorithm key, string commonName, DateTimeOffset now)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(commonName);
        var generator = GeneratorOf(key);
        var request = new CertificateRequest(name.Build(), generator.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(generator.PublicKey, critical: false));
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(0x40 | (serial[0] & 0x3f));
        using var certificate = request.Create(name.Build(), generator, now.AddMinutes(-5), now + OwnLifetime, serial);
        return certificate.ExportCertificatePem() + "\n";
    }

    private static X509Certificate2Collection ReadCertificates(string path, AsymmetricAlgorithm key)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(KeyFile.ReadPublic(path));
        }
        catch (CryptographicException e)
        {
            throw Unusable("holds no certificate", e);
        }

        if (certificates.Count == 0)
        {
            throw Unusable("holds no certificate");
        }

        var own = certificates[0];
        if (!own.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(
            GeneratorOf(key).PublicKey.ExportSubjectPublicKeyInfo()))
        {
            throw Unusable("does not begin with the certificate of key_file");
        }

        const X509KeyUsageFlags Needed = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;
        if (own.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault() is not { CertificateAuthority: true } ||
            own.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault() is not { } usage ||
            (usage.KeyUsages & Needed) != Needed ||
            !own.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any())
        {
            throw Unusable("must be a CA's that may sign certificates and CRLs, with a subject key identifier");
        }

        return certificates;

        EngineException Unusable(string why, Exception? inner = null) =>
            new($"certificate_file {path} {why}", isTransient: false, inner);
    }
}
