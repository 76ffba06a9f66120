using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.X509.Naming;
using SecretsBroker.Engines.X509.Ocsp;

namespace SecretsBroker.Engines.X509;

/// <summary>The key and the certificate that sign: made when they do not exist, checked when they do.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly AuthorityKey _key;
    private readonly AuthorityChain _chain;
    private readonly IReadOnlyList<NameConstraints> _constraints;
    private readonly Lock _signing = new();
    private readonly Lock _responding = new();
    private OcspSigner? _responder;

    private CertificateAuthority(AuthorityKey key, AuthorityChain chain, NameConstraints? constraints)
    {
        _key = key;
        _chain = chain;
        _constraints = constraints is null ? chain.NameConstraints : [.. chain.NameConstraints, constraints];
        AuthorityKeyIdentifier = X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false);
        Id = Convert.ToHexStringLower(SHA256.HashData((byte[])[.. Certificate.SubjectName.RawData, .. key.PublicKey.ExportSubjectPublicKeyInfo()]).AsSpan(0, 16));
    }

    /// <summary>Of its name and its key, which are what a CRL is known by: a renewed certificate has the same.</summary>
    public string Id { get; }

    public X509Certificate2 Certificate => _chain.Certificate;

    /// <summary>When the first of it and those above it ends.</summary>
    public DateTimeOffset NotAfter => _chain.NotAfter;

    public HashAlgorithmName HashAlgorithm => _key.HashAlgorithm;

    public X509AuthorityKeyIdentifierExtension AuthorityKeyIdentifier { get; }

    public string TrustAnchorPem => _chain.TrustAnchorPem;

    /// <summary>What is sent along with a leaf: the issuers below the trust anchor.</summary>
    public string IntermediatesPem => _chain.IntermediatesPem;

    /// <summary>Its certificate and all above it that are known.</summary>
    public string Pem => _chain.Pem;

    /// <exception cref="EngineException">The files cannot be read or made, or do not hold an authority.</exception>
    public static CertificateAuthority LoadOrCreate(AuthoritySettings settings, TimeProvider time, out bool created)
    {
        created = AuthorityFiles.EnsureExist(settings, time);
        return Load(settings.KeyFile, settings.CertificateFile, settings.NameConstraints);
    }

    /// <exception cref="EngineException">The files cannot be read, or do not hold an authority.</exception>
    public static CertificateAuthority Load(string keyFile, string certificateFile, NameConstraints? constraints)
    {
        var key = AuthorityKey.Read(keyFile);
        AuthorityChain? chain = null;
        try
        {
            chain = AuthorityChain.Read(certificateFile);
            return key.IsOf(chain.Certificate)
                ? new CertificateAuthority(key, chain, constraints)
                : throw new EngineException(
                    $"certificate_file {certificateFile} does not begin with the certificate of key_file", isTransient: false);
        }
        catch
        {
            chain?.Dispose();
            key.Dispose();
            throw;
        }
    }

    /// <summary>Why it cannot sign what is to last until then; null when it can.</summary>
    public string? FindFault(DateTimeOffset now, DateTimeOffset notAfter)
    {
        if (now < _chain.NotBefore)
        {
            return "is not valid yet";
        }

        return now >= _chain.NotAfter ? "has ended" : notAfter > _chain.NotAfter ? "ends before the lease" : null;
    }

    /// <param name="target">Whose it is.</param>
    /// <param name="now">The present.</param>
    /// <param name="notAfter">Until when what it signs is to last.</param>
    /// <exception cref="EngineException">It cannot sign that.</exception>
    public void RequireValid(string target, DateTimeOffset now, DateTimeOffset notAfter)
    {
        if (FindFault(now, notAfter) is { } fault)
        {
            throw new EngineException($"the certificate authority of target {target} {fault}", isTransient: false);
        }
    }

    /// <summary>The first of these names that its constraints, or those of an authority above it, do not allow; null when all are.</summary>
    public LeafName? FindForbidden(IEnumerable<LeafName> names)
    {
        foreach (var name in names)
        {
            if (!_constraints.All(constraints => constraints.Allow(name)))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>Signs, one at a time: a key object does not promise to be usable from several threads.</summary>
    public T Sign<T>(Func<X509SignatureGenerator, T> sign)
    {
        lock (_signing)
        {
            return sign(_key.Generator);
        }
    }

    /// <summary>Who signs OCSP answers for it now.</summary>
    public OcspSigner ResponderAt(DateTimeOffset now)
    {
        lock (_responding)
        {
            if (_responder?.IsFresh(now) != true)
            {
                // The one before may still be signing: its key goes when nobody holds it any more.
                _responder = OcspSigner.Create(this, now);
            }

            return _responder;
        }
    }

    public void Dispose()
    {
        _responder?.Dispose();
        _key.Dispose();
        _chain.Dispose();
    }
}
