using System.Buffers.Binary;
using System.Security.Cryptography;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Ssh;

/// <summary>One published key revocation list (OpenSSH's PROTOCOL.krl).</summary>
/// <param name="Version">Of the deny list that it was built from.</param>
/// <param name="Count">Of the certificates that it names. At one version they only get fewer, as their time ends.</param>
/// <param name="Authorities">Those whose certificates it is about.</param>
/// <param name="Krl">As published.</param>
internal sealed record SshRevocationList(long Version, int Count, IReadOnlyList<SshPublicKey> Authorities, ReadOnlyMemory<byte> Krl)
{
    private const ulong Magic = 0x5353484b524c0a00;
    private const uint FormatVersion = 1;
    private const byte CertificatesSection = 1;
    private const byte SerialListSection = 0x20;

    /// <summary>The same on every broker that publishes the same list.</summary>
    public string Tag
    {
        get
        {
            var names = SHA256.HashData([.. Authorities.SelectMany(authority => authority.Blob)]);
            return $"v{Version}-{Count}-{Convert.ToHexStringLower(names.AsSpan(0, 4))}";
        }
    }

    /// <param name="snapshot">The deny list.</param>
    /// <param name="authorities">Each may have signed what is on it.</param>
    /// <param name="now">When it is made.</param>
    public static SshRevocationList Build(DenyListSnapshot snapshot, IReadOnlyList<SshPublicKey> authorities, DateTimeOffset now)
    {
        var krl = new SshWriter()
            .UInt64(Magic)
            .UInt32(FormatVersion)
            .UInt64((ulong)snapshot.Version)
            .UInt64((ulong)now.ToUnixTimeSeconds())
            .UInt64(0)
            .String("")
            .String("");
        if (snapshot.Entries.Count > 0)
        {
            var serials = new SshWriter();
            foreach (var serial in snapshot.Entries.Select(entry => SshSerial.Of(entry.Lease)).Order())
            {
                serials.UInt64(serial);
            }

            foreach (var authority in authorities)
            {
                krl.Byte(CertificatesSection).String(new SshWriter()
                    .String(authority.Blob)
                    .String("")
                    .Byte(SerialListSection)
                    .String(serials.Written)
                    .Written);
            }
        }

        return new SshRevocationList(snapshot.Version, snapshot.Entries.Count, authorities, krl.ToArray());
    }

    /// <summary>Whether hosts find in it what was revoked of an authority's certificates.</summary>
    public bool IsAbout(string authority) => Authorities.Any(one => one.Id == authority);

    /// <summary>Whether a lease's certificate is on it.</summary>
    public bool Contains(LeaseId lease)
    {
        // Looked for in what hosts get. Its 64 random bits meet nothing else by chance.
        Span<byte> serial = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(serial, SshSerial.Of(lease));
        return Krl.Span.IndexOf(serial) >= 0;
    }
}
