using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Benchmarks.Identity;

/// <summary>An X.509-SVID, and the bundle of its trust domain in a file.</summary>
internal sealed class BenchmarkSvid : IDisposable
{
    public const string TrustDomain = "svid.example";

    private readonly X509Certificate2 _certificate;

    private BenchmarkSvid(X509Certificate2 certificate, string bundleFile) => (_certificate, BundleFile) = (certificate, bundleFile);

    public string BundleFile { get; }

    public static BenchmarkSvid Create(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authority = new CertificateRequest("CN=authority", rootKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        using var root = authority.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=benchmark", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"spiffe://{TrustDomain}/agent"));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        var bundle = Path.Combine(folder, "svid-bundle.json");
        File.WriteAllText(bundle, $$"""{"keys":[{"use":"x509-svid","kty":"EC","x5c":["{{Convert.ToBase64String(root.RawData)}}"]}]}""");
        return new BenchmarkSvid(request.Create(root, now.AddHours(-1), now.AddHours(1), [1]), bundle);
    }

    /// <summary>As a new connection brings it.</summary>
    public PresentedCertificate Present() => new(_certificate, []);

    public void Dispose() => _certificate.Dispose();
}
