using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace SecretsBroker.Engines.Encryption;

/// <summary>A value that may be stored. As text it is <c>KEYID.CONTENT</c>, the content in base64url.</summary>
/// <param name="KeyId">Of the key that opens it.</param>
/// <param name="Content">A format byte, the salt, the tag, the ciphertext.</param>
internal sealed record SealedValue(string KeyId, byte[] Content)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out SealedValue? value)
    {
        value = null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !Base64Url.IsValid(text.AsSpan(dot + 1)))
        {
            return false;
        }

        value = new SealedValue(text[..dot], Base64Url.DecodeFromChars(text.AsSpan(dot + 1)));
        return true;
    }

    /// <exception cref="CryptographicException">It is none.</exception>
    public static SealedValue Parse(string text) => TryParse(text, out var value) ? value : throw new CryptographicException("not a sealed value");

    public override string ToString() => $"{KeyId}.{Base64Url.EncodeToString(Content)}";
}
