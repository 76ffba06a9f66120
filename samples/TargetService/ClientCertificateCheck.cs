using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Samples.TargetService;

/// <summary>Whether a client certificate comes from the broker's authority and is valid now, not only when the connection opened.</summary>
internal sealed class ClientCertificateCheck(SecretsBrokerAccessOptions options)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public X509Certificate2 Require(X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            throw AccessRefusedException.Unauthorized("a client certificate is needed");
        }

        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(options.CertificateAuthorities);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        policy.DisableCertificateDownloads = true;
        // What was revoked is looked up in the broker's list, which is fresher than any CRL.
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.VerificationTime = options.Time.GetUtcNow().UtcDateTime;
        return chain.Build(certificate)
            ? certificate
            : throw AccessRefusedException.Unauthorized("the client certificate is not valid here");
    }
}
