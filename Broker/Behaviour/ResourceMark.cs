using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Behaviour;

/// <summary>
/// Stands for a resource where only its being another one matters: short whatever was asked for, and nothing that a caller wrote.
/// </summary>
internal static class ResourceMark
{
    private const int Bytes = 8;

    public static string Of(string resource)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(resource), hash);
        return Base64Url.EncodeToString(hash[..Bytes]);
    }
}
