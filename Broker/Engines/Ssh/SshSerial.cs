using System.Buffers.Binary;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Ssh;

/// <summary>
/// The serial number of a lease's certificate: 64 of the lease's 120 random bits. Should two leases ever share one, revoking either
/// refuses both.
/// </summary>
internal static class SshSerial
{
    public static ulong Of(LeaseId lease)
    {
        var serial = BinaryPrimitives.ReadUInt64BigEndian(lease.ToSerialNumber().AsSpan(^sizeof(ulong)..));
        // Zero stands for no serial number, and cannot be revoked.
        return serial == 0 ? 1 : serial;
    }
}
