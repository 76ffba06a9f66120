using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SecretsBroker.Sealing;

/// <summary>
/// JSON Web Encryption, compact (RFC 7516), by ECDH-ES used directly with A256GCM (RFC 7518 §4.6, §5.3). Each message has an ephemeral
/// key of its own, so that no key encrypts twice and nobody who comes by the broker's memory later can open what was sent.
/// </summary>
internal static class Jwe
{
    public const string Algorithm = "ECDH-ES";
    public const string Encryption = "A256GCM";

    private const int KeyBytes = 32;

    /// <param name="recipient">Who alone can open it.</param>
    /// <param name="subject">What it is about; stands as <c>apv</c> in the header, so that it is bound into the key.</param>
    /// <param name="type">The header's <c>typ</c>.</param>
    /// <param name="plaintext">JSON.</param>
    public static string Encrypt(RecipientKey recipient, string subject, string type, ReadOnlySpan<byte> plaintext)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var other = RecipientKey.Open(recipient.Point);
        using var otherPublic = other.PublicKey;
        var bound = Encoding.UTF8.GetBytes(subject);
        var header = Base64Url.EncodeToString(Header(ephemeral, recipient.KeyId, bound, type));
        var key = KeyAgreement.Derive(ephemeral, otherPublic, Encryption, producer: [], bound, KeyBytes);
        try
        {
            var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
            var ciphertext = new byte[plaintext.Length];
            var tag = new byte[AesGcm.TagByteSizes.MaxSize];
            using var cipher = new AesGcm(key, tag.Length);
            cipher.Encrypt(nonce, plaintext, ciphertext, tag, Encoding.ASCII.GetBytes(header));

            // Between header and nonce the encrypted key would stand: agreed on directly, there is none.
            return $"{header}..{Base64Url.EncodeToString(nonce)}.{Base64Url.EncodeToString(ciphertext)}.{Base64Url.EncodeToString(tag)}";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static ReadOnlySpan<byte> Header(ECDiffieHellman ephemeral, string keyId, byte[] bound, string type)
    {
        var point = ephemeral.ExportParameters(includePrivateParameters: false).Q;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("alg"u8, Algorithm);
            json.WriteString("enc"u8, Encryption);
            json.WriteString("typ"u8, type);
            json.WriteString("cty"u8, "json"u8);
            if (keyId.Length > 0)
            {
                json.WriteString("kid"u8, keyId);
            }

            json.WriteString("apv"u8, Base64Url.EncodeToString(bound));
            json.WriteStartObject("epk"u8);
            json.WriteString("kty"u8, "EC"u8);
            json.WriteString("crv"u8, "P-256"u8);
            json.WriteString("x"u8, Base64Url.EncodeToString(point.X));
            json.WriteString("y"u8, Base64Url.EncodeToString(point.Y));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }
}
