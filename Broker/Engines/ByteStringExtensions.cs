using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;

namespace SecretsBroker.Engines;

internal static class ByteStringExtensions
{
    /// <summary>Zeroes what was read from a message, where nobody else has it: a message that was received, by whoever it was meant for.</summary>
    public static void Wipe(this ByteString value)
    {
        if (MemoryMarshal.TryGetArray(value.Memory, out var bytes))
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
