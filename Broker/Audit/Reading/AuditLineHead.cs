using System.Buffers.Text;

namespace SecretsBroker.Audit.Reading;

/// <summary>What holds a line in its chain, read without making an object of it: most lines of a log are only passed on the way.</summary>
internal readonly ref struct AuditLineHead
{
    private const int TimeLength = 27;

    private static ReadOnlySpan<byte> Start => "{\"seq\":"u8;

    private static ReadOnlySpan<byte> BeforeTime => ",\"time\":\""u8;

    private static ReadOnlySpan<byte> BeforeBroker => "\",\"broker\":\""u8;

    private static ReadOnlySpan<byte> BeforePrevious => "\",\"prev\":\""u8;

    private AuditLineHead(long sequence, ReadOnlySpan<byte> time, ReadOnlySpan<byte> previousHash, ReadOnlySpan<byte> hash)
    {
        Sequence = sequence;
        Time = time;
        PreviousHash = previousHash;
        Hash = hash;
    }

    public long Sequence { get; }

    /// <summary>As <see cref="AuditLine"/> writes it: of one length, so that the order of bytes is the order of time.</summary>
    public ReadOnlySpan<byte> Time { get; }

    public ReadOnlySpan<byte> PreviousHash { get; }

    public ReadOnlySpan<byte> Hash { get; }

    /// <returns>False when the line's hash is not that of its bytes, or it does not begin like a line of this log.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out AuditLineHead head)
    {
        head = default;
        if (!AuditLine.TryReadHash(line, out var hash)
            || !line.StartsWith(Start)
            || !Utf8Parser.TryParse(line[Start.Length..], out long sequence, out var digits))
        {
            return false;
        }

        var time = Start.Length + digits + BeforeTime.Length;
        if (!Holds(line, time - BeforeTime.Length, BeforeTime) || !Holds(line, time + TimeLength, BeforeBroker))
        {
            return false;
        }

        var broker = time + TimeLength + BeforeBroker.Length;
        var name = line[broker..].IndexOf((byte)'"');
        var previous = broker + name + BeforePrevious.Length;
        if (name < 0 || !Holds(line, broker + name, BeforePrevious) || line.Length < previous + hash.Length)
        {
            return false;
        }

        head = new AuditLineHead(sequence, line.Slice(time, TimeLength), line.Slice(previous, hash.Length), hash);
        return true;
    }

    private static bool Holds(ReadOnlySpan<byte> line, int at, ReadOnlySpan<byte> text) => line.Length >= at && line[at..].StartsWith(text);
}
