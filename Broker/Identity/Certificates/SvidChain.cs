using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.Certificates;

/// <summary>What came of looking for a way from a certificate to one bundle.</summary>
/// <param name="Bundle">To which; another one is another question.</param>
/// <param name="StartTime">From when all certificates on the way are valid.</param>
/// <param name="EndTime">Until when. Before <paramref name="StartTime"/> when there is no way.</param>
internal sealed record SvidChain(KeyRing Bundle, DateTimeOffset StartTime, DateTimeOffset EndTime)
{
    public static SvidChain None(KeyRing bundle) => new(bundle, DateTimeOffset.MaxValue, DateTimeOffset.MinValue);

    public bool Holds(DateTimeOffset now) => StartTime <= now && now <= EndTime;

    /// <summary>
    /// Only to the bundle's own authorities, with what the peer sent along in between. Nothing is fetched that a certificate names, and
    /// the machine's authorities do not count.
    /// </summary>
    public static SvidChain Find(PresentedCertificate certificate, KeyRing bundle, DateTimeOffset now)
    {
        // Authorities of one name, as while one follows another, are tried one after the other: where certificates carry no key
        // identifiers, only the first of a name would be looked at.
        var turns = bundle.Authorities.GroupBy(authority => authority.SubjectName.Name, StringComparer.Ordinal).Select(named => named.ToArray()).ToArray();
        for (var turn = 0; turns.Any(named => turn < named.Length); turn++)
        {
            X509Certificate2[] authorities = [.. turns.Where(named => turn < named.Length).Select(named => named[turn])];
            if (TryBuild(certificate, authorities, now) is { } window)
                return new SvidChain(bundle, window.StartTime, window.EndTime);
        }

        return None(bundle);
    }

    private static (DateTimeOffset StartTime, DateTimeOffset EndTime)? TryBuild(
        PresentedCertificate certificate, X509Certificate2[] authorities, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        policy.ExtraStore.AddRange(certificate.Issuers.ToArray());
        // SVIDs live for an hour or so and name no list of what was revoked; who is no longer trusted leaves the bundle.
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTimeIgnored = false;
        policy.VerificationTime = now.LocalDateTime;
        try
        {
            if (!chain.Build(certificate.Leaf))
                return null;
            return (
                chain.ChainElements.Max(element => new DateTimeOffset(element.Certificate.NotBefore)),
                chain.ChainElements.Min(element => new DateTimeOffset(element.Certificate.NotAfter)));
        }
        finally
        {
            foreach (var element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }
}
