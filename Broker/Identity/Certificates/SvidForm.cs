using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Identity.Certificates;

/// <summary>What an X.509-SVID must be and must not be, besides signed and named (X509-SVID §4 and §5).</summary>
internal static class SvidForm
{
    public const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private const X509KeyUsageFlags Signing = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;

    /// <param name="certificate">Which.</param>
    /// <param name="purpose">What it is shown for, where it is limited to some.</param>
    public static bool IsOf(X509Certificate2 certificate, string purpose)
    {
        try
        {
            var extensions = certificate.Extensions;
            // RFC 5280 §4.2: none twice. Of two, another verifier might read the other one.
            return extensions.DistinctBy(extension => extension.Oid?.Value).Count() == extensions.Count
                && MayAuthenticate(extensions.OfType<X509KeyUsageExtension>().FirstOrDefault())
                && extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true }
                && IsFor(purpose, extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault());
        }
        // An extension whose content is not what its name says.
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool MayAuthenticate(X509KeyUsageExtension? usage) =>
        usage is not null
        && usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)
        && (usage.KeyUsages & Signing) == X509KeyUsageFlags.None;

    private static bool IsFor(string purpose, X509EnhancedKeyUsageExtension? usage) =>
        usage is null || usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == purpose);
}
