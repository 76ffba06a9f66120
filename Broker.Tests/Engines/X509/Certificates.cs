using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>Certificates as a verifier that is not the broker reads and judges them.</summary>
internal static class Certificates
{
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static X509Certificate2 Leaf(this Credential credential) =>
        X509Certificate2.CreateFromPem(((CertificateCredential)credential).CertificateChain);

    /// <summary>By the platform's own chain builder.</summary>
    public static bool Chains(
        X509Certificate2 leaf, string anchorPem, DateTimeOffset at, out string status, string usage = ClientAuthentication)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(anchorPem);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(usage));
        var valid = chain.Build(leaf);
        status = string.Join(", ", chain.ChainStatus.Select(s => s.Status));
        return valid;
    }

    /// <summary>By the platform's own reader of CRLs.</summary>
    public static bool Lists(RevocationList list, X509Certificate2 leaf) =>
        CertificateRevocationListBuilder.Load(list.Der.ToArray(), out _).RemoveEntry(leaf.SerialNumberBytes.Span);

    public static byte[] Request(ECDsa key, Action<CertificateRequest>? ask = null)
    {
        var request = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256);
        ask?.Invoke(request);
        return request.CreateSigningRequest();
    }
}
