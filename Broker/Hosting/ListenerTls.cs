using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Hosting;

/// <summary>
/// How the listener makes TLS connections. A client's certificate is asked for, not insisted on, and not judged here: the handshake
/// proves that the client has its key, and what it is worth is asked on every call. Only one that is too large is refused at once.
/// </summary>
/// <param name="certificate">The listener's own, as it is at the moment; null when there is none that is valid.</param>
/// <param name="askForCertificates">Whether clients are asked for one.</param>
internal sealed class ListenerTls(Func<SslStreamCertificateContext?> certificate, bool askForCertificates)
{
    /// <exception cref="AuthenticationException">There is nothing to show to whoever connects.</exception>
    public ValueTask<SslServerAuthenticationOptions> AcceptAsync(TlsHandshakeCallbackContext handshake)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate() ?? throw new AuthenticationException("the listener has no certificate that is valid now"),
        };
        if (askForCertificates)
        {
            var connection = handshake.Connection;
            options.ClientCertificateRequired = true;
            // A resumed session remembers the client's certificate but not the issuers that it sent along.
            options.AllowTlsResume = false;
            // The stream builds a chain before it asks: to nothing, and without a look at anything that a certificate names.
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
#pragma warning disable CA5359 // Of a client's, and nothing follows from having connected.
            options.RemoteCertificateValidationCallback = (_, presented, chain, _) =>
            {
                if (presented is not X509Certificate2 leaf)
                    return true;
                var issuers = chain?.ChainPolicy.ExtraStore ?? [];
                if (!PresentedCertificate.Fits(leaf, issuers))
                    return false;
                var kept = new PresentedCertificate(leaf, issuers);
                connection.Features.Set(kept);
                connection.ConnectionClosed.Register(kept.Dispose);
                return true;
            };
#pragma warning restore CA5359
        }

        return ValueTask.FromResult(options);
    }
}
