using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.X509;
using SecretsBroker.Engines.X509.Naming;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>A certificate authority that the operator has already: a root, or one below another.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly AsymmetricAlgorithm _key;
    private readonly X509SignatureGenerator _generator;
    private readonly string _kind;

    private TestAuthority(string kind, AsymmetricAlgorithm key, X509Certificate2 certificate) =>
        (_kind, _key, _generator, _certificate) = (kind, key, new AuthorityKey(key).Generator, certificate);

    public string Pem => _certificate.ExportCertificatePem() + "\n";

    /// <param name="kind"><c>EC</c> or <c>RSA</c>.</param>
    /// <param name="pathLength">How many authorities may be below it; null for any number.</param>
    /// <param name="name">Its common name.</param>
    public static TestAuthority Root(string kind = "EC", int? pathLength = null, string name = "Root")
    {
        var key = NewKey(kind);
        var now = TimeProvider.System.GetUtcNow();
        var certificate = Ask(key, name, isAuthority: true, pathLength).CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return new TestAuthority(kind, key, certificate);
    }

    /// <summary>An authority below this one.</summary>
    public TestAuthority Sign(
        string name, bool isAuthority = true, int? pathLength = null, NameConstraints? constraints = null, TimeSpan? lifetime = null)
    {
        var key = NewKey(_kind);
        var request = Ask(key, name, isAuthority, pathLength);
        if (constraints is not null)
        {
            request.CertificateExtensions.Add(constraints.ToExtension());
        }

        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            _certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var now = TimeProvider.System.GetUtcNow();
        // By the name and not by the certificate: the platform would refuse to make some of what the broker has to refuse.
        var certificate = request.Create(
            _certificate.SubjectName, _generator, now.AddHours(-1), now + (lifetime ?? TimeSpan.FromDays(20)), RandomNumberGenerator.GetBytes(8));
        return new TestAuthority(_kind, key, certificate);
    }

    /// <summary>As the broker is given it, with those above it.</summary>
    public void WriteTo(string keyPath, string certificatePath, params TestAuthority[] above)
    {
        var pem = PemEncoding.WriteUtf8("PRIVATE KEY"u8, _key.ExportPkcs8PrivateKey());
        ExclusiveFile.TryCreate(keyPath, pem);
        File.WriteAllText(certificatePath, Pem + string.Concat(above.Select(authority => authority.Pem)));
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private static AsymmetricAlgorithm NewKey(string kind) =>
        kind == "RSA" ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP384);

    private static CertificateRequest Ask(AsymmetricAlgorithm key, string name, bool isAuthority, int? pathLength)
    {
        var request = key is RSA rsa
            ? new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(isAuthority, pathLength is not null, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }
}
