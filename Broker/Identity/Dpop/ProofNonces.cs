using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace SecretsBroker.Identity.Dpop;

/// <summary>
/// Nonces for proofs (RFC 9449 §8): the time and a code over it. Nothing is remembered of those that were given, so that asking for
/// them costs no memory, and every broker with the same key takes those of the others.
/// </summary>
internal sealed class ProofNonces(TimeProvider time)
{
    public const int MinKeyLength = 32;

    private const int TimeLength = sizeof(long);
    private const int CodeLength = 16;

    private readonly byte[] _own = RandomNumberGenerator.GetBytes(MinKeyLength);

    public string Make(DpopOptions options) => Base64Url.EncodeToString(Write(time.GetUtcNow().ToUnixTimeSeconds(), KeyOf(options)));

    public bool IsGood(string? nonce, DpopOptions options)
    {
        Span<byte> bytes = stackalloc byte[TimeLength + CodeLength];
        if (!Base64Url.IsValid(nonce, out var length) || length != bytes.Length)
            return false;
        Base64Url.DecodeFromChars(nonce, bytes);
        var made = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (!CryptographicOperations.FixedTimeEquals(bytes, Write(made, KeyOf(options))))
            return false;
        // Ours, so its time is in range. A broker beside this one may be ahead.
        var age = time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(made);
        return age >= -Tokens.TokenTimes.Leeway && age < options.NonceLifetime;
    }

    private byte[] KeyOf(DpopOptions options) =>
        options.NonceKey is not { } reference ? _own
        : reference.TryRead() is { Length: >= MinKeyLength } key ? key
        : throw new NonceKeyException($"Identity:Dpop:NonceKey: {reference} cannot be read, or has less than {MinKeyLength} bytes");

    private static byte[] Write(long made, byte[] key)
    {
        var nonce = new byte[TimeLength + CodeLength];
        BinaryPrimitives.WriteInt64BigEndian(nonce, made);
        HMACSHA256.HashData(key, nonce.AsSpan(0, TimeLength)).AsSpan(0, CodeLength).CopyTo(nonce.AsSpan(TimeLength));
        return nonce;
    }
}
