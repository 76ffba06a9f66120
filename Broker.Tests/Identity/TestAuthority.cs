using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Identity;

/// <summary>An authority that issues X.509-SVIDs in tests, and whatever else it is asked for.</summary>
internal sealed class TestAuthority
{
    private readonly ECDsa _key;

    private TestAuthority(X509Certificate2 certificate, ECDsa key, DateTimeOffset now)
    {
        Certificate = certificate;
        _key = key;
        Now = now;
    }

    public X509Certificate2 Certificate { get; }

    public DateTimeOffset Now { get; }

    private X509SignatureGenerator Signature => X509SignatureGenerator.CreateForECDsa(_key);

    /// <summary>A root that is good for a year around <paramref name="now"/>.</summary>
    public static TestAuthority Create(string name, DateTimeOffset now)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new TestAuthority(AuthorityRequest(name, key).CreateSelfSigned(now.AddDays(-100), now.AddDays(265)), key, now);
    }

    /// <param name="name">Its subject.</param>
    /// <param name="days">How long it is valid from now.</param>
    public TestAuthority CreateIntermediate(string name, int days = 100)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new TestAuthority(
            AuthorityRequest(name, key).Create(Certificate.SubjectName, Signature, Now.AddDays(-1), Now.AddDays(days), NewSerial()), key, Now);
    }

    /// <summary>An X.509-SVID of an hour, or what a test makes of it.</summary>
    public X509Certificate2 Issue(string uri, Action<TestLeaf>? adapt = null) => Issue(new TestLeaf { Uris = { uri } }, adapt);

    /// <summary>Without a subject alternative name, unless a test adds one.</summary>
    public X509Certificate2 IssueWithoutId(Action<TestLeaf>? adapt = null) => Issue(new TestLeaf(), adapt);

    /// <summary>One that signs with a workload's certificate as if that were an authority.</summary>
    public static TestAuthority From(X509Certificate2 certificate, DateTimeOffset now) =>
        new(certificate, certificate.GetECDsaPrivateKey()!, now);

    /// <summary>Its entry in a trust bundle.</summary>
    public JsonObject ToJwk() => new()
    {
        ["use"] = "x509-svid",
        ["kty"] = "EC",
        ["x5c"] = new JsonArray(Convert.ToBase64String(Certificate.RawData)),
    };

    public static string Bundle(long? sequence, params TestAuthority[] authorities)
    {
        var bundle = new JsonObject { ["keys"] = new JsonArray([.. authorities.Select(authority => authority.ToJwk())]) };
        if (sequence is not null)
            bundle["spiffe_sequence"] = sequence;
        return bundle.ToJsonString();
    }

    private X509Certificate2 Issue(TestLeaf leaf, Action<TestLeaf>? adapt)
    {
        adapt?.Invoke(leaf);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("O=tests", key, HashAlgorithmName.SHA256);
        foreach (var extension in leaf.ToExtensions())
            request.CertificateExtensions.Add(extension);
        var (from, to) = (Now + leaf.From, Now + leaf.To);
        if (leaf.SelfSigned)
            return request.CreateSelfSigned(from, to);
        using var certificate = request.Create(Certificate.SubjectName, Signature, from, to, NewSerial());
        return certificate.CopyWithPrivateKey(key);
    }

    private static byte[] NewSerial() => RandomNumberGenerator.GetBytes(8);

    private static CertificateRequest AuthorityRequest(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request;
    }
}
