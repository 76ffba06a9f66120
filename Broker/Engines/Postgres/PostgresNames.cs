using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Postgres;

/// <summary>What the broker calls its own at a server.</summary>
internal static class PostgresNames
{
    public static string RoleOf(LeaseId lease) => LeaseNames.Of(lease);

    /// <summary>The role that holds what a grant allows, and that the roles of its leases are members of.</summary>
    public static string GroupOf(string grant) => $"sbg_{grant}";

    /// <summary>The advisory lock that orders what is done to one lease's role. Held in the target's first database.</summary>
    public static long LockOf(LeaseId lease) => KeyOf($"secrets-broker lease {lease}");

    /// <summary>
    /// The advisory lock under which group roles are made and changed: one for all of them, because two that grant on the same table
    /// at once fail with "tuple concurrently updated".
    /// </summary>
    public static long GroupsLock { get; } = KeyOf("secrets-broker groups");

    private static long KeyOf(string text) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
