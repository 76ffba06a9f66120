using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Identity;

/// <summary>
/// From what a call and its connection present to the workload behind them: a token, an X.509-SVID, or both, which then must name the
/// same workload. A certificate without a SPIFFE ID is no identity: alone it proves nothing.
/// </summary>
internal sealed class CallerAuthenticator(TokenAuthenticator tokens, CertificateAuthenticator certificates)
{
    /// <param name="authorization">The one value of the metadata entry; null when there is none.</param>
    /// <param name="certificate">Of the connection; null when there is none.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<AuthenticationResult> AuthenticateAsync(
        string? authorization, PresentedCertificate? certificate, CancellationToken cancellationToken)
    {
        if (certificate is null)
            return tokens.AuthenticateAsync(authorization, cancellationToken);
        return string.IsNullOrEmpty(authorization)
            ? certificates.AuthenticateAsync(certificate, cancellationToken)
            : AuthenticateByBothAsync(authorization, certificate, cancellationToken);
    }

    private async ValueTask<AuthenticationResult> AuthenticateByBothAsync(
        string authorization, PresentedCertificate certificate, CancellationToken cancellationToken)
    {
        var byToken = await tokens.AuthenticateAsync(authorization, cancellationToken);
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
            byToken.Authority);
    }
}
