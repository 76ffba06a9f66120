using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Tests.Engines.X509;

[TestFixture]
internal sealed class CallerKeyTests
{
    private static readonly ECDsa _good = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly TestCaseData[] _refused =
    [
        new TestCaseData(Rsa(1024)).SetArgDisplayNames("RSA 1024"),
        new TestCaseData(Ec(ECCurve.NamedCurves.nistP521)).SetArgDisplayNames("P-521"),
        new TestCaseData(Ec(ECCurve.CreateFromFriendlyName("secp256k1"))).SetArgDisplayNames("secp256k1"),
        new TestCaseData(OffTheCurve()).SetArgDisplayNames("point off the curve"),
        new TestCaseData(Ed25519()).SetArgDisplayNames("Ed25519"),
        new TestCaseData(Nothing()).SetArgDisplayNames("RSA with modulus 0"),
        new TestCaseData(SmallExponent()).SetArgDisplayNames("RSA with exponent 3"),
    ];

    [Test]
    public void Accepted_keys_are_taken_as_they_are_and_out_of_a_request([Values("P-256", "P-384", "RSA-2048", "RSA-4096")] string kind)
    {
        using AsymmetricAlgorithm key = kind switch
        {
            "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            "RSA-2048" => RSA.Create(2048),
            _ => RSA.Create(4096),
        };
        var request = key is RSA rsa
            ? new CertificateRequest("CN=a", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=a", (ECDsa)key, HashAlgorithmName.SHA256);

        var plain = CallerKey.Read(new CredentialInput.X509(default, key.ExportSubjectPublicKeyInfo()));
        var requested = CallerKey.Read(new CredentialInput.X509(request.CreateSigningRequest(), default));

        Assert.That(plain.ExportSubjectPublicKeyInfo(), Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
        Assert.That(requested.ExportSubjectPublicKeyInfo(), Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
    }

    [TestCaseSource(nameof(_refused))]
    public void Weak_and_unusual_keys_are_refused_with_the_rule(byte[] publicKey)
    {
        var refused = Assert.Throws<CredentialInputException>(() => CallerKey.Read(new CredentialInput.X509(default, publicKey)));

        Assert.That(refused!.Message, Does.StartWith("public_key: "));
        Assert.That(refused.Message, Does.Contain("P-256 or P-384, or RSA of 2048 to 4096 bits").Or.Contain("SubjectPublicKeyInfo"));
    }

    [Test]
    public void Weak_key_in_a_request_is_refused_with_the_rule()
    {
        using var weak = RSA.Create(1024);
        var request = new CertificateRequest("CN=a", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        var refused = Assert.Throws<CredentialInputException>(
            () => CallerKey.Read(new CredentialInput.X509(request.CreateSigningRequest(), default)));

        Assert.That(refused!.Message, Does.StartWith("certificate_request: ").And.Contain("2048 to 4096"));
    }

    [Test]
    public void Request_that_its_key_did_not_sign_is_refused()
    {
        var request = Certificates.Request(_good);
        // The last byte belongs to the signature.
        request[^1] ^= 1;

        AssertRefused(new CredentialInput.X509(request, default), "certificate_request");
    }

    [Test]
    public void Request_for_somebody_elses_key_is_refused()
    {
        using var theirs = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedName("CN=a");
        var request = new CertificateRequest(name, new PublicKey(theirs), HashAlgorithmName.SHA256)
            .CreateSigningRequest(X509SignatureGenerator.CreateForECDsa(_good));

        AssertRefused(new CredentialInput.X509(request, default), "certificate_request");
    }

    [Test]
    public void What_is_not_one_request_or_key_is_refused()
    {
        var request = Certificates.Request(_good);
        var key = _good.ExportSubjectPublicKeyInfo();
        AssertRefused(new CredentialInput.X509(default, default), "certificate_request or public_key");
        AssertRefused(new CredentialInput.X509(request, key), "certificate_request or public_key");
        AssertRefused(new CredentialInput.None(), "certificate_request or public_key");
        AssertRefused(new CredentialInput.Jwt(default, ""), "certificate_request or public_key");
        AssertRefused(new CredentialInput.X509((byte[])[.. request, 0], default), "certificate_request");
        AssertRefused(new CredentialInput.X509(default, (byte[])[.. key, 0]), "public_key");
        AssertRefused(new CredentialInput.X509(key, default), "certificate_request");
        AssertRefused(new CredentialInput.X509(default, request), "public_key");
        AssertRefused(new CredentialInput.X509(new byte[17 * 1024], default), "certificate_request");
        AssertRefused(new CredentialInput.X509(default, _good.ExportPkcs8PrivateKey()), "public_key");
    }

    [Test]
    public void Random_bytes_are_refused_and_never_crash()
    {
        var random = new Random(11);
        var request = Certificates.Request(_good);
        for (var i = 0; i < 2_000; i++)
        {
            var spoilt = request.ToArray();
            spoilt[random.Next(spoilt.Length)] = (byte)random.Next(256);
            try
            {
                CallerKey.Read(new CredentialInput.X509(spoilt, default));
            }
            catch (CredentialInputException)
            {
                // The only way to say no.
            }
        }
    }

    private static void AssertRefused(CredentialInput input, string field) =>
        Assert.That(Assert.Throws<CredentialInputException>(() => CallerKey.Read(input))!.Message, Does.StartWith(field + ":"));

    private static byte[] Rsa(int bits)
    {
        using var key = RSA.Create(bits);
        return key.ExportSubjectPublicKeyInfo();
    }

    private static byte[] Ec(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return key.ExportSubjectPublicKeyInfo();
    }

    private static byte[] OffTheCurve()
    {
        var key = _good.ExportSubjectPublicKeyInfo();
        key[^1] ^= 1;
        return key;
    }

    private static byte[] SmallExponent()
    {
        using var key = RSA.Create(2048);
        var parameters = key.ExportParameters(includePrivateParameters: false);
        using var small = RSA.Create(new RSAParameters { Modulus = parameters.Modulus, Exponent = [3] });
        return small.ExportSubjectPublicKeyInfo();
    }

    private static byte[] Nothing() =>
        [0x30, 0x1a, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
            0x03, 0x09, 0x00, 0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00];

    private static byte[] Ed25519() =>
        [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, .. RandomNumberGenerator.GetBytes(32)];
}
