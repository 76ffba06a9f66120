using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.X509.Ocsp;

/// <summary>
/// A key of this process alone that the authority lets sign answers for it (RFC 6960 §4.2.2.2): strangers, who decide how often something is
/// signed, neither use the authority's key nor hold up those who are issued something.
/// </summary>
internal sealed class OcspSigner : IDisposable
{
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";
    private const string NoCheck = "1.3.6.1.5.5.7.48.1.5";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    // For verifiers whose clock is behind.
    private static readonly TimeSpan DatedBack = TimeSpan.FromMinutes(5);

    private readonly ECDsa _key;
    private readonly X509SignatureGenerator _generator;
    private readonly DateTimeOffset _renewTime;
    private readonly Lock _signing = new();

    private OcspSigner(ECDsa key, X509Certificate2 certificate, DateTimeOffset renewTime)
    {
        _key = key;
        _generator = X509SignatureGenerator.CreateForECDsa(key);
        _renewTime = renewTime;
        Certificate = certificate;
        SignatureAlgorithm = _generator.GetSignatureAlgorithmIdentifier(HashAlgorithmName.SHA256);
        KeyHash = CryptographicOperations.HashData(HashAlgorithmName.SHA1, certificate.PublicKey.EncodedKeyValue.RawData);
    }

    public X509Certificate2 Certificate { get; }

    public byte[] SignatureAlgorithm { get; }

    /// <summary>By which answers name it; the format knows SHA-1 only.</summary>
    public byte[] KeyHash { get; }

    public static OcspSigner Create(CertificateAuthority authority, DateTimeOffset now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var end = now + Lifetime < authority.NotAfter ? now + Lifetime : authority.NotAfter;
        var request = new CertificateRequest("CN=OCSP responder", key, authority.HashAlgorithm);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension([new Oid(OcspSigning)], critical: false));
        // Nobody can ask whether this one was revoked: it lives for a day.
        extensions.Add(new X509Extension(NoCheck, [0x05, 0x00], critical: false));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        extensions.Add(authority.AuthorityKeyIdentifier);
        var certificate = authority.Sign(generator => request.Create(
            authority.Certificate.SubjectName, generator, now - DatedBack, end, AuthorityCertificate.NewSerialNumber()));
        return new OcspSigner(key, certificate, now + ((end - now) / 2));
    }

    public bool IsFresh(DateTimeOffset now) => now < _renewTime;

    public byte[] Sign(byte[] data)
    {
        lock (_signing)
        {
            return _generator.SignData(data, HashAlgorithmName.SHA256);
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }
}
