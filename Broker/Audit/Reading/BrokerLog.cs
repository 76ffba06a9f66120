using Microsoft.Win32.SafeHandles;

namespace SecretsBroker.Audit.Reading;

/// <summary>The files of one broker's log, oldest first, and the times that they begin at. Also while the broker writes and rotates.</summary>
internal sealed class BrokerLog : IDisposable
{
    private readonly AuditFileChain _chain;
    private readonly long _endOfCurrent;
    private readonly DateTimeOffset?[] _firstTimes;

    private BrokerLog(string broker, AuditFileChain chain, long endOfCurrent)
    {
        Broker = broker;
        _chain = chain;
        _endOfCurrent = endOfCurrent;
        _firstTimes = new DateTimeOffset?[chain.Files.Count];
    }

    public string Broker { get; }

    public IReadOnlyList<string> Files => _chain.Files;

    /// <param name="folder">Where.</param>
    /// <param name="broker">Whose.</param>
    /// <param name="durable">How much of its current file may be told; null for all of it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<BrokerLog> OpenAsync(
        string folder, string broker, Func<DurablePart>? durable, CancellationToken cancellationToken)
    {
        var chain = await AuditFileChain.OpenAsync(AuditFiles.Current(folder, broker), cancellationToken);
        return new BrokerLog(broker, chain, chain.Current is { } current ? EndOf(current.SafeFileHandle, folder, broker, durable?.Invoke()) : 0);
    }

    /// <summary>The time of a file's first record; of one without, that of the file after it.</summary>
    public DateTimeOffset FirstTimeOf(int file)
    {
        if (file == Files.Count)
        {
            return DateTimeOffset.MaxValue;
        }

        return _firstTimes[file] ??= ReadFirstTime(file) ?? FirstTimeOf(file + 1);
    }

    /// <summary>The number of the record that a file starts with; zero when it has none.</summary>
    public long FirstSequenceOf(int file) =>
        AuditFiles.Parse(Files[file])?.FirstSequence ?? FirstOf(file, head => head.Sequence);

    /// <param name="file">Which.</param>
    /// <param name="start">The offset of a line.</param>
    /// <param name="look">Is shown each line; false stops after it.</param>
    /// <param name="budget">Of the bytes that are read.</param>
    /// <returns>Where to go on: behind the last line that was shown.</returns>
    public long Read(int file, long start, AuditReadBudget budget, LookAtLine look)
    {
        var isCurrent = _chain.Current is not null && file == Files.Count - 1;
        if (isCurrent)
        {
            return AuditFileScan.Read(_chain.Current!.SafeFileHandle, start, _endOfCurrent, budget, look);
        }

        using var handle = OpenHandle(file);
        return AuditFileScan.Read(handle, start, RandomAccess.GetLength(handle), budget, look);
    }

    public void Dispose() => _chain.Dispose();

    private SafeFileHandle OpenHandle(int file) => File.OpenHandle(Files[file], share: FileShare.ReadWrite | FileShare.Delete);

    // Asked after the file was opened: when it is about another file, this one was set aside, and all of it is durable.
    private static long EndOf(SafeFileHandle current, string folder, string broker, DurablePart? durable)
    {
        var length = RandomAccess.GetLength(current);
        if (durable is null || AuditFileScan.First(current, head => head.Sequence) is not (> 0 and var first))
        {
            return length;
        }

        return durable.FirstSequence == first ? durable.Length
            : durable.FirstSequence > 0 || File.Exists(AuditFiles.Rotated(folder, broker, first)) ? length
            : 0;
    }

    private DateTimeOffset? ReadFirstTime(int file)
    {
        var time = FirstOf(file, head => AuditLine.TryParseTime(head.Time)?.UtcTicks ?? 0);
        return time == 0 ? null : new DateTimeOffset(time, TimeSpan.Zero);
    }

    private long FirstOf(int file, AuditFileScan.ReadHead read)
    {
        if (_chain.Current is { } current && file == Files.Count - 1)
        {
            return AuditFileScan.First(current.SafeFileHandle, read);
        }

        using var handle = OpenHandle(file);
        return AuditFileScan.First(handle, read);
    }
}
