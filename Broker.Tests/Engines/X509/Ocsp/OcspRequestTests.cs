using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Engines.X509.Ocsp;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.X509.Ocsp;

[TestFixture]
internal sealed class OcspRequestTests
{
    private static readonly X509Certificate2 _issuer = Issuer();
    private static readonly byte[] _serial = LeaseId.New(1).ToSerialNumber();
    private static readonly OcspQuestion _plain = new(_issuer) { Serials = [_serial] };

    [Test]
    public void Certificate_is_known_by_either_hash_of_its_issuer([Values("SHA1", "SHA256")] string hash)
    {
        var id = OcspRequest.Parse((_plain with { Hash = new HashAlgorithmName(hash) }).Encode())!.Certificates.Single();
        using var other = Issuer();

        Assert.That(id.SerialNumber.ToArray(), Is.EqualTo(_serial));
        Assert.That(id.IsBelow(_issuer), Is.True);
        Assert.That(id.IsBelow(other), Is.False);
    }

    [Test]
    public void Hash_that_is_not_known_names_nobody() => Assert.That(
        OcspRequest.Parse((_plain with { Hash = HashAlgorithmName.SHA512 }).Encode())!.Certificates.Single().IsBelow(_issuer), Is.False);

    [Test]
    public void As_many_are_answered_at_once_as_the_limit_says()
    {
        var most = Enumerable.Repeat(_serial, OcspRequest.MaxCertificates).ToArray();

        Assert.That(OcspRequest.Parse((_plain with { Serials = most }).Encode())!.Certificates, Has.Count.EqualTo(8));
        Assert.That(OcspRequest.Parse((_plain with { Serials = [.. most, _serial] }).Encode()), Is.Null);
        Assert.That(OcspRequest.Parse((_plain with { Serials = [] }).Encode()), Is.Null);
    }

    [TestCase(0, false)]
    [TestCase(1, true)]
    [TestCase(128, true)]
    [TestCase(129, false)]
    public void Nonce_is_taken_within_the_limits_of_its_specification(int length, bool taken)
    {
        var nonce = new byte[length];

        var request = OcspRequest.Parse((_plain with { Nonce = nonce }).Encode());

        Assert.That(request?.Nonce?.ToArray(), Is.EqualTo(taken ? OcspAnswer.Wrapped(nonce) : null));
    }

    [Test]
    public void What_is_not_known_is_left_out_unless_it_is_critical([Values] bool critical) => Assert.That(
        OcspRequest.Parse((_plain with { IsStrange = true, IsCritical = critical }).Encode()), critical ? Is.Null : Is.Not.Null);

    [Test]
    public void Signature_of_who_asks_makes_no_difference() =>
        Assert.That(OcspRequest.Parse((_plain with { IsSigned = true }).Encode()), Is.Not.Null);

    [Test]
    public void What_is_no_request_is_refused()
    {
        var good = _plain.Encode();
        byte[][] bad = [[], [0x30, 0x00], [.. good, 0x00], good[..^1], new byte[OcspRequest.MaxBytes + 1]];

        Assert.That(bad.Select(der => OcspRequest.Parse(der)), Is.All.Null);
    }

    [Test]
    public void Random_bytes_never_crash()
    {
        var random = new Random(7);
        var good = (_plain with { Nonce = new byte[16], IsStrange = true }).Encode();
        for (var i = 0; i < 5_000; i++)
        {
            var spoilt = good.ToArray();
            for (var j = random.Next(3); j >= 0; j--)
            {
                spoilt[random.Next(spoilt.Length)] = (byte)random.Next(256);
            }

            Assert.That(() => OcspRequest.Parse(spoilt)?.Certificates.Count(id => id.IsBelow(_issuer)), Throws.Nothing);
        }
    }

    private static X509Certificate2 Issuer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=Issuer", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
    }
}
