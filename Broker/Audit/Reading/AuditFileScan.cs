using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace SecretsBroker.Audit.Reading;

/// <param name="line">Without its line feed.</param>
/// <param name="offset">Where it begins.</param>
/// <returns>Whether to go on.</returns>
internal delegate bool LookAtLine(ReadOnlySpan<byte> line, long offset);

/// <summary>Passes over the lines of a file in large pieces, without copying them. A last line without a line feed is left out.</summary>
internal static class AuditFileScan
{
    private const int Piece = 1 << 20;

    public delegate long ReadHead(AuditLineHead head);

    /// <param name="file">Which.</param>
    /// <param name="start">The offset of a line.</param>
    /// <param name="end">Nothing behind it is read.</param>
    /// <param name="budget">Of the bytes that are read.</param>
    /// <param name="look">Is shown each line.</param>
    /// <returns>Where to go on: behind the last line that was shown.</returns>
    public static long Read(SafeFileHandle file, long start, long end, AuditReadBudget budget, LookAtLine look)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        var at = start;
        var filled = 0;
        try
        {
            while (budget.MayGoOn())
            {
                var wanted = (int)Math.Clamp(end - at - filled, 0, buffer.Length - filled);
                var read = RandomAccess.Read(file, buffer.AsSpan(filled, wanted), at + filled);
                budget.Spend(read);
                filled += read;
                var (used, goOn) = Show(buffer.AsSpan(0, filled), at, look);
                at += used;
                if (!goOn || read == 0)
                {
                    break;
                }

                filled -= used;
                buffer.AsSpan(used, filled).CopyTo(buffer);
                if (filled == buffer.Length && !TryGrow(ref buffer))
                {
                    // No line of this log is so long: it is shown as it is, and is not one.
                    look(buffer.AsSpan(0, filled), at);
                    break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return at;
    }

    /// <summary>Something of the first line; zero when there is none, or it is damaged.</summary>
    public static long First(SafeFileHandle file, ReadHead read)
    {
        var found = 0L;
        Read(file, 0, RandomAccess.GetLength(file), AuditReadBudget.Unlimited(CancellationToken.None), (line, _) =>
        {
            found = AuditLineHead.TryRead(line, out var head) ? read(head) : 0;
            return false;
        });
        return found;
    }

    private static (int Used, bool GoOn) Show(ReadOnlySpan<byte> bytes, long at, LookAtLine look)
    {
        var used = 0;
        while (bytes[used..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            var goOn = look(bytes.Slice(used, length), at + used);
            used += length + 1;
            if (!goOn)
            {
                return (used, false);
            }
        }

        return (used, true);
    }

    private static bool TryGrow(ref byte[] buffer)
    {
        if (buffer.Length > AuditLine.MaxBytes)
        {
            return false;
        }

        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
        return true;
    }
}
