using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Identity;

namespace SecretsBroker.Leases;

/// <summary>Which shard a workload's tasks and leases live in. The same on every broker and in every version.</summary>
internal static class LeaseShards
{
    public const int Maximum = 256;

    public static int Of(WorkloadId owner, int shardCount)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(owner.Value), hash);
        // Two bytes spread evenly over any count up to 256.
        return ((hash[0] << 8) | hash[1]) % shardCount;
    }
}
