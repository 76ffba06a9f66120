using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Encryption;

namespace SecretsBroker.Tests.Engines.Encryption;

internal sealed class EncryptionKeyTests
{
    private static EncryptionKey NewKey() => EncryptionKey.Parse(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    [TestCase("")]
    [TestCase("hunter2")]
    public void What_was_sealed_opens_with_its_key_and_context(string text)
    {
        using var key = NewKey();

        var value = SealedValue.Parse(key.Seal(Encoding.UTF8.GetBytes(text), "crm/login/1").ToString());
        using var opened = key.Open(value, "crm/login/1");

        Assert.That(opened.Reveal(), Is.EqualTo(text));
        Assert.That(value.KeyId, Is.EqualTo(key.Id));
    }

    [Test]
    public void Every_changed_byte_is_noticed()
    {
        using var key = NewKey();
        var value = key.Seal("hunter2"u8, "here");

        for (var i = 0; i < value.Content.Length; i++)
        {
            var changed = (byte[])value.Content.Clone();
            changed[i] ^= 1;

            Assert.That(() => key.Open(value with { Content = changed }, "here"), Throws.InstanceOf<CryptographicException>(), $"byte {i}");
        }
    }

    [Test]
    public void Every_cut_off_end_is_noticed()
    {
        using var key = NewKey();
        var value = key.Seal("hunter2"u8, "here");

        for (var length = 0; length < value.Content.Length; length++)
        {
            Assert.That(
                () => key.Open(value with { Content = value.Content[..length] }, "here"), Throws.InstanceOf<CryptographicException>(), $"{length} bytes");
        }
    }

    [Test]
    public void Value_that_was_moved_elsewhere_does_not_open()
    {
        using var key = NewKey();

        Assert.That(() => key.Open(key.Seal("hunter2"u8, "crm/login/1"), "crm/login/2"), Throws.InstanceOf<CryptographicException>());
    }

    [Test]
    public void Another_key_opens_nothing()
    {
        using var one = NewKey();
        using var other = NewKey();
        var value = one.Seal("hunter2"u8, "here");

        Assert.That(() => other.Open(value, "here"), Throws.InstanceOf<CryptographicException>());
        Assert.That(() => other.Open(value with { KeyId = other.Id }, "here"), Throws.InstanceOf<CryptographicException>());
        Assert.That(other.Id, Is.Not.EqualTo(one.Id));
    }

    [Test]
    public void Nothing_is_sealed_twice_in_the_same_way()
    {
        using var key = NewKey();

        var all = Enumerable.Range(0, 100).Select(_ => key.Seal("hunter2"u8, "here").ToString()).ToHashSet();

        Assert.That(all, Has.Count.EqualTo(100));
    }

    [Test]
    public void Key_that_was_zeroed_seals_nothing()
    {
        var key = NewKey();
        key.Dispose();

        Assert.That(() => key.Seal("hunter2"u8, "here"), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Only_256_bits_in_base64_are_a_key([Values(0, 16, 31, 33, 64)] int bytes) =>
        Assert.That(
            () => EncryptionKey.Parse(Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes))), Throws.InstanceOf<CryptographicException>());

    [TestCase("", false)]
    [TestCase("abc", false)]
    [TestCase(".abc", false)]
    [TestCase("abc.+", false)]
    [TestCase("abc.AQID", true)]
    public void Sealed_value_is_text_of_two_parts(string text, bool expected) =>
        Assert.That(SealedValue.TryParse(text, out _), Is.EqualTo(expected));
}
