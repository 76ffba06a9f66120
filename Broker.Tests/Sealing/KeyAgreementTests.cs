using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Sealing;

namespace SecretsBroker.Tests.Sealing;

internal sealed class KeyAgreementTests
{
    private static readonly ECParameters Alice = Key(
        "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");

    private static readonly ECParameters Bob = Key(
        "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");

    [Test]
    public void Example_of_rfc_7518_appendix_c_is_met_by_both_sides()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Derive(Alice, Bob), Is.EqualTo("VqqN6vgjbSBcIijNcacQGg"));
            Assert.That(Derive(Bob, Alice), Is.EqualTo("VqqN6vgjbSBcIijNcacQGg"));
        });
    }

    [TestCase("A256GCM", "Alice", "Bob")]
    [TestCase("A128GCM", "alice", "Bob")]
    [TestCase("A128GCM", "Alice", "Rob")]
    [TestCase("A128GCM", "AliceB", "ob")]
    public void Other_words_make_another_key(string algorithm, string producer, string recipient) =>
        Assert.That(Derive(Alice, Bob, algorithm, producer, recipient), Is.Not.EqualTo("VqqN6vgjbSBcIijNcacQGg"));

    [Test]
    public void Longer_key_than_one_round_gives_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Derive(Alice, Bob, bytes: 33));

    private static string Derive(
        ECParameters own, ECParameters other, string algorithm = "A128GCM", string producer = "Alice", string recipient = "Bob", int bytes = 16)
    {
        using var privateKey = ECDiffieHellman.Create(own);
        using var publicKey = ECDiffieHellman.Create(other).PublicKey;
        return Base64Url.EncodeToString(KeyAgreement.Derive(
            privateKey, publicKey, algorithm, Encoding.UTF8.GetBytes(producer), Encoding.UTF8.GetBytes(recipient), bytes));
    }

    private static ECParameters Key(string x, string y, string d) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
        D = Base64Url.DecodeFromChars(d),
    };
}
