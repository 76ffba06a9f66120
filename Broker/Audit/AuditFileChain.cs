using System.Runtime.CompilerServices;

namespace SecretsBroker.Audit;

/// <summary>The files of a chain, for reading: those set aside, oldest first, and the one it ends with. Also while a broker writes and rotates.</summary>
internal sealed class AuditFileChain : IDisposable
{
    private AuditFileChain(IReadOnlyList<string> files, FileStream? current)
    {
        Files = files;
        Current = current;
    }

    public IReadOnlyList<string> Files { get; }

    /// <summary>The last of them, held open while it is written to; null when it was set aside, or none is written to.</summary>
    public FileStream? Current { get; }

    /// <param name="path">The file that the chain ends with. It may be missing when others were set aside: a new one is begun with a record.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static async Task<AuditFileChain> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (AuditFiles.Parse(path) is not { } file)
        {
            return new AuditFileChain([path], current: null);
        }

        if (file.FirstSequence is { } last)
        {
            return new AuditFileChain([.. Rotated(first => first < last), path], current: null);
        }

        // Opened before the others are listed: when it is set aside meanwhile it is not missed, and is left out of the list.
        var current = AuditLineReader.TryOpen(path);
        try
        {
            var all = Rotated(_ => true);
            var start = current is null ? null : await FirstSequenceAsync(current, cancellationToken);
            var rotated = all.Where(other => start is null || AuditFiles.Parse(other)!.Value.FirstSequence < start).ToList();
            return rotated.Count > 0 && current is null
                ? new AuditFileChain(rotated, current: null)
                : new AuditFileChain([.. rotated, path], current);
        }
        catch
        {
            current?.Dispose();
            throw;
        }

        List<string> Rotated(Func<long, bool> belongs) =>
            [.. AuditFiles.ListRotated(folder, file.Broker).Where(other => belongs(AuditFiles.Parse(other)!.Value.FirstSequence!.Value))];
    }

    public async IAsyncEnumerable<RawAuditLine> ReadAsync(int index, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isCurrent = Current is not null && index == Files.Count - 1;
        var stream = isCurrent ? Current! : AuditLineReader.Open(Files[index]);
        try
        {
            stream.Position = 0;
            await foreach (var line in AuditLineReader.ReadAsync(stream, cancellationToken))
            {
                yield return line;
            }
        }
        finally
        {
            if (!isCurrent)
            {
                await stream.DisposeAsync();
            }
        }
    }

    public void Dispose() => Current?.Dispose();

    private static async Task<long?> FirstSequenceAsync(FileStream stream, CancellationToken cancellationToken)
    {
        await foreach (var line in AuditLineReader.ReadAsync(stream, cancellationToken))
        {
            return line.IsWhole ? AuditLine.TryParse(line.Bytes)?.Sequence : null;
        }

        return null;
    }
}
