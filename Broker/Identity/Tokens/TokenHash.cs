using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Identity.Tokens;

/// <summary>SHA-256 of a token: enough to know it again, of no use to anybody who reads it.</summary>
internal readonly record struct TokenHash(UInt128 High, UInt128 Low)
{
    private const int UsualLength = 2048;

    /// <summary>Null when the text cannot be a token, which is ASCII.</summary>
    public static TokenHash? Of(string token)
    {
        if (!Ascii.IsValid(token))
            return null;
        var bytes = token.Length <= UsualLength ? stackalloc byte[UsualLength] : new byte[token.Length];
        var length = Encoding.ASCII.GetBytes(token, bytes);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return new TokenHash(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}
