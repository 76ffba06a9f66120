using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Identity;

/// <summary>
/// From what a call and its connection present to the workload behind them: a token, an X.509-SVID, or both, which then must name the
/// same workload. A certificate without a SPIFFE ID is no identity: alone it proves nothing.
/// </summary>
internal sealed class CallerAuthenticator(TokenAuthenticator tokens, CertificateAuthenticator certificates)
{
    public ValueTask<AuthenticationResult> AuthenticateAsync(CallerCredentials call, CancellationToken cancellationToken)
    {
        if (call.Certificate is not { } certificate)
            return tokens.AuthenticateAsync(call, cancellationToken);
        // A proof without a token proves nothing, and whoever sends one means to be known by it.
        return string.IsNullOrEmpty(call.Authorization) && call.Proof is null
            ? certificates.AuthenticateAsync(certificate, cancellationToken)
            : AuthenticateByBothAsync(call, certificate, cancellationToken);
    }

    private async ValueTask<AuthenticationResult> AuthenticateByBothAsync(
        CallerCredentials call, PresentedCertificate certificate, CancellationToken cancellationToken)
    {
        var byToken = await tokens.AuthenticateAsync(call, cancellationToken);
        if (!byToken.Succeeded || !certificate.Subject.IsIdentity)
            return byToken;
        var byCertificate = await certificates.AuthenticateAsync(certificate, cancellationToken);
        if (!byCertificate.Succeeded)
            return byCertificate;
        if (byToken.Workload.Id != byCertificate.Workload.Id)
            return AuthenticationResult.Failed(AuthenticationFault.CredentialsDisagree, byCertificate.Authority);
        // The token's workload: it may bring groups and attributes, which a certificate cannot. What the certificate adds is that whoever
        // has only the token is somebody else.
        return AuthenticationResult.Of(
            byToken.Workload with
            {
                Possession = byToken.Workload.Possession == Possession.None ? Possession.Certificate : byToken.Workload.Possession,
            },
            byToken.Authority,
            byToken.Proof);
    }
}
