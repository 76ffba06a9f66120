using System.Numerics;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.X509;

/// <summary>One published CRL (RFC 5280 §5).</summary>
/// <param name="Number">
/// The CRL number: the version of the deny list that it was built from and, below it, the second of its <c>thisUpdate</c>. Two lists of
/// one version differ when entries timed out between them, and must not share a number.
/// </param>
/// <param name="Der">As published.</param>
/// <param name="NextUpdate">When verifiers stop to trust it.</param>
internal sealed record RevocationList(BigInteger Number, ReadOnlyMemory<byte> Der, DateTimeOffset NextUpdate)
{
    public static BigInteger NumberOf(long version, DateTimeOffset thisUpdate) =>
        (new BigInteger(version) << 40) | thisUpdate.ToUnixTimeSeconds();

    /// <summary>Whether a lease's certificate is on it.</summary>
    public bool Contains(LeaseId lease)
    {
        // The serial number as a DER INTEGER, looked for in what verifiers get. Its 120 random bits meet nothing else by chance.
        var serial = lease.ToSerialNumber();
        Span<byte> integer = [0x02, (byte)serial.Length, .. serial];
        return Der.Span.IndexOf(integer) >= 0;
    }
}
