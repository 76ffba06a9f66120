using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Signs the keys of callers for the server's <c>cert</c> authentication, which takes the common name for the role's. A role that was dropped
/// lets nobody in, whatever certificate they hold: no list of revoked ones is needed, as long as nothing else trusts the authority.
/// </summary>
internal sealed class ClientCertificates(string target, AuthoritySettings settings, TimeProvider time, ILogger logger) : IDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // For a server whose clock is behind.
    private static readonly TimeSpan DatedBack = TimeSpan.FromSeconds(30);

    private readonly LoginAuthority _authority = new(target, settings, time, logger);

    /// <returns>PEM: the certificate, then its issuers without the root.</returns>
    /// <exception cref="CredentialInputException">The caller sent no usable key.</exception>
    public string Sign(IssueRequest request)
    {
        var key = CallerKey.Read(InputOf(request));
        var signer = _authority.Value;
        // Certificates know whole seconds; never a moment past the lease.
        var notAfter = DateTimeOffset.FromUnixTimeSeconds(request.ExpireTime.ToUnixTimeSeconds());
        var now = time.GetUtcNow();
        var notBefore = now - DatedBack;
        if (signer.FindFault(now, notAfter) is { } fault)
        {
            throw new EngineException($"the certificate authority of target {target} {fault}", isTransient: false);
        }

        if (notAfter <= notBefore)
        {
            throw new EngineException($"the lease ended before target {target} could sign", isTransient: true);
        }

        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(PostgresNames.RoleOf(request.LeaseId));
        var leaf = new CertificateRequest(subject.Build(), key, signer.HashAlgorithm);
        leaf.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ClientAuthentication)], critical: false));
        leaf.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        leaf.CertificateExtensions.Add(signer.AuthorityKeyIdentifier);
        using var certificate = signer.Sign(generator => leaf.Create(
            signer.Certificate.SubjectName, generator, notBefore, notAfter, request.LeaseId.ToSerialNumber()));
        return certificate.ExportCertificatePem() + "\n" + signer.IntermediatesPem;
    }

    /// <exception cref="EngineException">It cannot sign.</exception>
    public void Check()
    {
        var now = time.GetUtcNow();
        if (_authority.Value.FindFault(now, now) is { } fault)
        {
            throw new EngineException($"the certificate authority of target {target} {fault}", isTransient: false);
        }
    }

    public void Dispose() => _authority.Dispose();

    private static CredentialInput.X509 InputOf(IssueRequest request) =>
        request.Input is CredentialInput.Postgres { } input && input.CertificateRequest.IsEmpty != input.PublicKey.IsEmpty
            ? new CredentialInput.X509(input.CertificateRequest, input.PublicKey)
            : throw new CredentialInputException("certificate_signing_request or public_key: must be given, the login is by certificate");
}
