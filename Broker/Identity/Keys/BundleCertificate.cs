using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace SecretsBroker.Identity.Keys;

/// <summary>The certificate of an authority, as trust bundles hold it; null for whatever cannot be one.</summary>
internal static class BundleCertificate
{
    /// <summary>An entry of a bundle with <c>use</c> <c>x509-svid</c> and one certificate in <c>x5c</c> (X509-SVID §6.2).</summary>
    public static X509Certificate2? TryRead(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object
            || !jwk.TryGetProperty("use", out var use)
            || use.ValueKind != JsonValueKind.String
            || !use.ValueEquals("x509-svid")
            || !jwk.TryGetProperty("x5c", out var chain)
            || chain.ValueKind != JsonValueKind.Array
            || chain.GetArrayLength() != 1
            || chain[0].ValueKind != JsonValueKind.String)
        {
            return null;
        }

        return chain[0].TryGetBytesFromBase64(out var der) ? TryLoad(der) : null;
    }

    /// <param name="der">One certificate. It must be one that may issue others: a workload's own is nobody's authority.</param>
    public static X509Certificate2? TryLoad(ReadOnlySpan<byte> der)
    {
        try
        {
            var certificate = X509CertificateLoader.LoadCertificate(der);
            if (MayIssue(certificate))
                return certificate;
            certificate.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static bool MayIssue(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true }
        && (certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is not { } usage
            || usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign));
}
