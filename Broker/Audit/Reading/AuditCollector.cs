namespace SecretsBroker.Audit.Reading;

/// <summary>What becomes of a record that was read.</summary>
internal enum Take
{
    Leave = 1,
    Keep = 2,

    /// <summary>Nothing that is of interest stands before it.</summary>
    KeepAsFirst = 3,

    /// <summary>Nothing else is of interest.</summary>
    KeepAndStop = 4,
}

/// <summary>
/// Gathers the records about one thing from all logs, the newest file first: what is asked about is mostly of today, and reading stops
/// when its beginning was found.
/// </summary>
/// <param name="logs">Where.</param>
/// <param name="needles">A record of interest holds one of these.</param>
/// <param name="take">Says which.</param>
internal sealed class AuditCollector(IReadOnlyList<AuditLogs> logs, IReadOnlyList<byte[]> needles, Func<AuditEntry, Take> take)
{
    /// <summary>So many records at most; of what comes beyond, it is told that there was more.</summary>
    public const int MaxRecords = 20_000;

    private readonly List<AuditEntry> _kept = [];
    private readonly List<ReadRange> _ranges = [];
    private readonly List<string> _faults = [];
    private bool _stopped;
    private bool _isFull;

    /// <summary>What began before this is of no interest; found on the way where it is not known.</summary>
    public DateTimeOffset? Since { get; set; }

    /// <returns>The records in the order of their times, and what was read for them.</returns>
    public (IReadOnlyList<AuditEntry> Entries, AuditCoverage Coverage) Collect(AuditReadBudget budget)
    {
        // Of each log, the file that comes next.
        var next = logs.SelectMany(opened => opened.All).ToDictionary(log => log, log => log.Files.Count - 1);
        while (!_stopped && !_isFull && Newest(next) is { } log && budget.MayGoOn())
        {
            Read(log, next[log]--, budget);
        }

        return (
            [.. _kept.OrderBy(entry => entry.Time).ThenBy(entry => entry.Broker, StringComparer.Ordinal).ThenBy(entry => entry.Sequence)],
            AuditCoverage.Of(_ranges, _faults, isCutShort: budget.IsSpent || _isFull));
    }

    private BrokerLog? Newest(Dictionary<BrokerLog, int> next) => next
        .Where(log => log.Value >= 0 && (Since is null || log.Key.FirstTimeOf(log.Value + 1) >= Since - AuditQuery.ClockMargin))
        .Select(log => log.Key)
        .MaxBy(log => log.FirstTimeOf(next[log]));

    private void Read(BrokerLog log, int file, AuditReadBudget budget)
    {
        var check = new RangeCheck(log.Broker);
        log.Read(file, start: 0, budget, (line, _) =>
        {
            if (check.TryTake(line, out var _) && IsOfInterest(line) && AuditLine.TryParse(line.ToArray()) is { } entry)
            {
                Add(entry);
            }

            return !_stopped && !_isFull;
        });
        _ranges.AddRange(check.End(isCut: _stopped || _isFull || budget.IsSpent));
        _faults.AddRange(check.Faults);
    }

    private bool IsOfInterest(ReadOnlySpan<byte> line)
    {
        foreach (var needle in needles)
        {
            if (line.IndexOf(needle) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Add(AuditEntry entry)
    {
        var taken = take(entry);
        if (taken == Take.Leave)
        {
            return;
        }

        _kept.Add(entry);
        _stopped = taken == Take.KeepAndStop;
        _isFull = _kept.Count >= MaxRecords;
        if (taken == Take.KeepAsFirst && (Since is null || Since < entry.Time))
        {
            Since = entry.Time;
        }
    }
}
