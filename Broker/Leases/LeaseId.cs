using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Leases;

/// <summary>
/// Names one lease and, derived from it alone, what was created at the target: 26 characters of <c>[0-9a-v]</c>. The first
/// two are the shard in hexadecimal, the other 24 are 120 random bits in base32hex (RFC 4648 §7, lower case); of a named installation
/// the first six of these are its mark (<see cref="Installation"/>), and 90 bits are random.
/// </summary>
internal readonly record struct LeaseId
{
    public const int Length = 26;
    public const int ShardLength = 2;
    public const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    private const int RandomBytes = 15;

    // A leading non-zero byte below 0x80 keeps the DER integer positive and of one length.
    private const byte SerialNumberMark = 0x4c;

    private LeaseId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The shard that holds the lease, 0 to 255.</summary>
    public int Shard => Convert.ToInt32(Value[..2], 16);

    /// <summary>The lease as a positive certificate serial number of 17 bytes, big-endian.</summary>
    public byte[] ToSerialNumber()
    {
        var serial = new byte[1 + 1 + RandomBytes];
        serial[0] = SerialNumberMark;
        serial[1] = (byte)Shard;
        var text = Value.AsSpan(2);
        Span<byte> eight = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < 3; i++)
        {
            ulong bits = 0;
            foreach (var c in text.Slice(i * 8, 8))
            {
                bits = (bits << 5) | (uint)Alphabet.IndexOf(c, StringComparison.Ordinal);
            }

            BinaryPrimitives.WriteUInt64BigEndian(eight, bits);
            eight[3..].CopyTo(serial.AsSpan(2 + (i * 5)));
        }

        return serial;
    }

    /// <summary>The lease whose certificate has this serial number, as <see cref="ToSerialNumber"/> writes it.</summary>
    /// <returns>False when no lease's has it.</returns>
    public static bool TryParseSerialNumber(ReadOnlySpan<byte> serial, out LeaseId id)
    {
        id = default;
        if (serial.Length != 1 + 1 + RandomBytes || serial[0] != SerialNumberMark)
        {
            return false;
        }

        var text = new StringBuilder(serial[1].ToString("x2"), Length);
        Span<byte> eight = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < 3; i++)
        {
            eight[..3].Clear();
            serial.Slice(2 + (i * 5), 5).CopyTo(eight[3..]);
            var bits = BinaryPrimitives.ReadUInt64BigEndian(eight);
            for (var shift = 35; shift >= 0; shift -= 5)
            {
                text.Append(Alphabet[(int)(bits >> shift) & 31]);
            }
        }

        return TryParse(text.ToString(), out id);
    }

    public static LeaseId New(int shard) => New(shard, Installation.Unnamed);

    public static LeaseId New(int shard, Installation installation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shard, 255);
        var head = shard.ToString("x2") + installation.Mark;
        return new LeaseId(head + RandomNumberGenerator.GetString(Alphabet, Length - head.Length));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out LeaseId id)
    {
        id = default;
        if (text is not { Length: Length } || !char.IsAsciiHexDigitLower(text[0]) || !char.IsAsciiHexDigitLower(text[1]))
        {
            return false;
        }

        foreach (var c in text.AsSpan(2))
        {
            if (!Alphabet.Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        id = new LeaseId(text);
        return true;
    }

    public static LeaseId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("not a lease id");

    public override string ToString() => Value;
}
