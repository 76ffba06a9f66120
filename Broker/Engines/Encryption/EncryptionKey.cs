using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Engines.Encryption;

/// <summary>
/// A key that values are sealed with before they are stored: AES-256-GCM under a key of each value's own, derived with HKDF (RFC 5869) from a
/// random salt, so that no two values ever share key and nonce.
/// </summary>
internal sealed class EncryptionKey : IDisposable
{
    public const string Rule = "32 random bytes in base64, as openssl rand -base64 32 writes them";

    private const int KeyBytes = 32;
    private const int SaltBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeadBytes = 1 + SaltBytes + TagBytes;
    private const byte Format = 1;

    private readonly Lock _lock = new();
    private readonly byte[] _key;
    private bool _isDisposed;

    private EncryptionKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(key, "secrets-broker key id"u8))[..16];
    }

    /// <summary>Follows from the key and tells nothing of it; two references to one key mean the same.</summary>
    public string Id { get; }

    /// <exception cref="CryptographicException">It is not one.</exception>
    public static EncryptionKey Parse(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        var key = new byte[KeyBytes];
        if (Convert.TryFromBase64Chars(text, key, out var length) && length == KeyBytes)
        {
            return new EncryptionKey(key);
        }

        CryptographicOperations.ZeroMemory(key);
        throw new CryptographicException(Rule);
    }

    /// <param name="plain">What is sealed.</param>
    /// <param name="context">What it is and where it belongs: opened with another one it does not open. Not secret, not kept in it.</param>
    public SealedValue Seal(ReadOnlySpan<byte> plain, string context)
    {
        var content = new byte[HeadBytes + plain.Length];
        content[0] = Format;
        var salt = content.AsSpan(1, SaltBytes);
        RandomNumberGenerator.Fill(salt);
        var derived = Derive(salt);
        try
        {
            using var aes = new AesGcm(derived.AsSpan(..KeyBytes), TagBytes);
            aes.Encrypt(derived.AsSpan(KeyBytes), plain, content.AsSpan(HeadBytes), content.AsSpan(1 + SaltBytes, TagBytes), Bound(context));
            return new SealedValue(Id, content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <exception cref="CryptographicException">It was not sealed with this key and for this context, or was changed since.</exception>
    public Secret Open(SealedValue value, string context)
    {
        var content = value.Content.AsSpan();
        if (value.KeyId != Id || content.Length < HeadBytes || content[0] != Format)
        {
            throw new CryptographicException("not sealed with this key");
        }

        var plain = new byte[content.Length - HeadBytes];
        var derived = Derive(content.Slice(1, SaltBytes));
        try
        {
            using var aes = new AesGcm(derived.AsSpan(..KeyBytes), TagBytes);
            aes.Decrypt(derived.AsSpan(KeyBytes), content[HeadBytes..], content.Slice(1 + SaltBytes, TagBytes), plain, Bound(context));
            return new Secret(plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            CryptographicOperations.ZeroMemory(_key);
        }
    }

    private byte[] Bound(string context) => [Format, .. Encoding.UTF8.GetBytes($"{Id} {context}")];

    private byte[] Derive(ReadOnlySpan<byte> salt)
    {
        var derived = new byte[KeyBytes + NonceBytes];
        lock (_lock)
        {
            // A key that was zeroed would seal as well.
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, salt, "secrets-broker sealed value"u8);
        }

        return derived;
    }
}
