using SecretsBroker.Identity.Certificates;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity;

/// <summary>
/// From the certificate of a connection to the workload that it stands for (X509-SVID §5). Asked on every call: whom a handshake let in
/// may have expired since, or its authority may have left the bundle.
/// </summary>
internal sealed class CertificateAuthenticator(TrustedAuthorities trusted, TimeProvider time)
{
    /// <param name="certificate">What the connection presented.</param>
    /// <param name="cancellationToken">The caller's; it ends waiting for a bundle, not its reading.</param>
    public async ValueTask<AuthenticationResult> AuthenticateAsync(PresentedCertificate certificate, CancellationToken cancellationToken)
    {
        if (certificate.Subject.Fault is { } fault)
            return AuthenticationResult.Failed(fault);
        var id = certificate.Subject.Id;
        // The trust domain that the name claims decides whose bundle is asked, and no other one is.
        if (trusted.Current.FindTrustDomain(id.TrustDomain) is not { } domain)
            return AuthenticationResult.Failed(AuthenticationFault.TrustDomainUnknown);
        if (!certificate.IsWellFormed)
            return AuthenticationResult.Failed(AuthenticationFault.CertificateFormRefused, domain.Name);

        var bundle = await domain.Keys.FreshAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (now < certificate.StartTime)
            return AuthenticationResult.Failed(AuthenticationFault.NotYetValid, domain.Name);
        if (now > certificate.EndTime)
            return AuthenticationResult.Failed(AuthenticationFault.Expired, domain.Name);
        var chain = certificate.ChainTo(bundle, now);
        if (!chain.Holds(now))
        {
            // Its authority may be newer than what is known: looked for again, as often as that is allowed.
            bundle = await domain.Keys.SearchAsync(cancellationToken);
            chain = certificate.ChainTo(bundle, now);
        }

        if (bundle == KeyRing.Unavailable)
            return AuthenticationResult.Failed(AuthenticationFault.KeysUnavailable, domain.Name);
        return chain.Holds(now)
            ? AuthenticationResult.Of(Workload.Of(id, chain.EndTime), domain.Name)
            : AuthenticationResult.Failed(AuthenticationFault.CertificateChainRefused, domain.Name);
    }
}
