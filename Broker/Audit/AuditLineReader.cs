using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace SecretsBroker.Audit;

/// <param name="Bytes">Without the line feed.</param>
/// <param name="Number">From 1.</param>
/// <param name="End">The offset behind its line feed.</param>
/// <param name="IsWhole">False for a last line without a line feed, and for one longer than any that is written.</param>
internal readonly record struct RawAuditLine(ReadOnlyMemory<byte> Bytes, long Number, long End, bool IsWhole);

/// <summary>Streams the lines of a file.</summary>
internal static class AuditLineReader
{
    /// <summary>A file that may be written to, renamed and deleted meanwhile.</summary>
    public static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, useAsync: false);

    /// <summary>Null when there is no such file (any more).</summary>
    public static FileStream? TryOpen(string path)
    {
        try
        {
            return Open(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public static async IAsyncEnumerable<RawAuditLine> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 16, leaveOpen: true));
        var number = 0L;
        var end = 0L;
        try
        {
            while (true)
            {
                var result = await pipe.ReadAsync(cancellationToken);
                var rest = result.Buffer;
                while (rest.PositionOf((byte)'\n') is { } feed)
                {
                    var line = rest.Slice(0, feed).ToArray();
                    rest = rest.Slice(rest.GetPosition(1, feed));
                    end += line.Length + 1;
                    yield return new RawAuditLine(line, ++number, end, IsWhole: true);
                }

                if (rest.Length > AuditLine.MaxBytes || (result.IsCompleted && rest.Length > 0))
                {
                    yield return new RawAuditLine(rest.ToArray(), ++number, end + rest.Length, IsWhole: false);
                    break;
                }

                pipe.AdvanceTo(rest.Start, rest.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }
}
