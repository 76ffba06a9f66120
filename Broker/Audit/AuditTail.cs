namespace SecretsBroker.Audit;

/// <summary>Where a chain ends: the last record, and how long its file is up to and including it.</summary>
/// <param name="Sequence">Zero for an empty chain.</param>
/// <param name="Hash">The last record's.</param>
/// <param name="Length">Bytes of the file that hold whole records.</param>
internal readonly record struct AuditTail(long Sequence, string Hash, long Length)
{
    public static AuditTail Empty { get; } = new(0, AuditLine.Genesis, 0);

    /// <summary>
    /// Finds the end of a file. What a crash left behind it is not counted: it was never acknowledged. That is a last line without a line
    /// feed, and lines with NUL bytes, which a file system shows where it had lengthened a file and not yet written it.
    /// </summary>
    /// <returns>Null when the file holds no whole record.</returns>
    /// <exception cref="AuditException">The end is damaged in a way that no crash leaves: somebody has to look at it first.</exception>
    public static AuditTail? Find(IAuditFile file, string path)
    {
        var length = file.Length;
        for (var window = 64L << 10; ; window *= 2)
        {
            var start = Math.Max(0, length - window);
            var bytes = ReadAll(file, start, length);
            if (FindLast(bytes, start, path) is { } tail)
            {
                return tail;
            }

            if (start == 0)
            {
                return null;
            }
        }
    }

    private static AuditTail? FindLast(byte[] bytes, long start, string path)
    {
        var end = Array.LastIndexOf(bytes, (byte)'\n');
        while (end >= 0)
        {
            var before = end == 0 ? -1 : Array.LastIndexOf(bytes, (byte)'\n', end - 1);
            // The first line of a window may have begun before it.
            if (before < 0 && start > 0)
            {
                return null;
            }

            var line = bytes.AsMemory(before + 1, end - before - 1);
            if (AuditLine.TryParse(line) is { } entry)
            {
                return new AuditTail(entry.Sequence, entry.Hash, start + end + 1);
            }

            if (!line.Span.Contains((byte)0))
            {
                throw new AuditException($"the end of audit log '{path}' was tampered with or damaged: verify it, and set it aside");
            }

            end = before;
        }

        return null;
    }

    private static byte[] ReadAll(IAuditFile file, long start, long end)
    {
        var bytes = new byte[end - start];
        var read = 0;
        while (read < bytes.Length)
        {
            var count = file.Read(bytes.AsSpan(read), start + read);
            if (count == 0)
            {
                throw new IOException("the audit log became shorter while it was read");
            }

            read += count;
        }

        return bytes;
    }
}
