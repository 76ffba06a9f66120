using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Sealing;

/// <summary>From two elliptic-curve keys to one symmetric key: ECDH-ES with the Concat KDF and SHA-256 (RFC 7518 §4.6).</summary>
internal static class KeyAgreement
{
    // One round gives 256 bits, which is the longest key that is wanted.
    private static readonly byte[] FirstRound = [0, 0, 0, 1];

    /// <param name="own">A private key.</param>
    /// <param name="other">The other side's public key, on the same curve.</param>
    /// <param name="algorithm">What the key is for: the header's <c>enc</c>, where it is used directly.</param>
    /// <param name="producer">The bytes that the header's <c>apu</c> stands for; may be empty.</param>
    /// <param name="recipient">Those of <c>apv</c>.</param>
    /// <param name="keyBytes">1 to 32.</param>
    /// <returns>The caller zeroes it.</returns>
    public static byte[] Derive(
        ECDiffieHellman own,
        ECDiffieHellmanPublicKey other,
        string algorithm,
        ReadOnlySpan<byte> producer,
        ReadOnlySpan<byte> recipient,
        int keyBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyBytes, SHA256.HashSizeInBytes);
        var round = own.DeriveKeyFromHash(
            other, HashAlgorithmName.SHA256, FirstRound, OtherInfo(Encoding.ASCII.GetBytes(algorithm), producer, recipient, keyBytes));
        if (keyBytes == round.Length)
        {
            return round;
        }

        var key = round[..keyBytes];
        CryptographicOperations.ZeroMemory(round);
        return key;
    }

    /// <summary>AlgorithmID, PartyUInfo and PartyVInfo, each after its length, and SuppPubInfo: the key's length in bits.</summary>
    private static byte[] OtherInfo(ReadOnlySpan<byte> algorithm, ReadOnlySpan<byte> producer, ReadOnlySpan<byte> recipient, int keyBytes)
    {
        var info = new byte[(4 * sizeof(int)) + algorithm.Length + producer.Length + recipient.Length];
        var rest = Append(Append(Append(info, algorithm), producer), recipient);
        BinaryPrimitives.WriteInt32BigEndian(rest, keyBytes * 8);
        return info;
    }

    private static Span<byte> Append(Span<byte> to, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, part.Length);
        part.CopyTo(to[sizeof(int)..]);
        return to[(sizeof(int) + part.Length)..];
    }
}
