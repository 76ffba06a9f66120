using System.Text;

namespace SecretsBroker.Audit.Reading;

/// <summary>Reads the records that a filter asks for, page by page: one broker after the other, the oldest first.</summary>
/// <param name="logs">Where.</param>
/// <param name="filter">Which.</param>
/// <param name="maxRecords">Of a page.</param>
/// <param name="maxBytes">Of a page's lines; one that is longer stands alone.</param>
internal sealed class AuditQuery(AuditLogs logs, AuditFilter filter, int maxRecords, long maxBytes)
{
    /// <summary>A broker's clock may be set back: records of a file may be older than its first by this much.</summary>
    public static readonly TimeSpan ClockMargin = TimeSpan.FromMinutes(5);

    private readonly List<FoundRecord> _found = [];
    private readonly List<ReadRange> _ranges = [];
    private readonly List<string> _faults = [];
    private long _bytes;

    /// <param name="from">Where the page before ended; null for the first.</param>
    /// <param name="budget">Of the bytes that are read.</param>
    /// <returns><see cref="AuditPage.Lost"/> when the files that it ended in are not there any more.</returns>
    public AuditPage ReadPage(AuditPosition? from, AuditReadBudget budget)
    {
        if (from is not null && logs.All.All(log => log.Broker != from.Broker))
        {
            return AuditPage.Lost;
        }

        foreach (var log in logs.All.Where(log => from is null || string.CompareOrdinal(log.Broker, from.Broker) >= 0))
        {
            var start = from?.Broker == log.Broker ? from : null;
            var (first, last) = FilesOf(log);
            if (start is not null)
            {
                first = Enumerable.Range(0, log.Files.Count).FirstOrDefault(file => log.FirstSequenceOf(file) == start.FirstSequence, -1);
                if (first < 0)
                {
                    return AuditPage.Lost;
                }
            }

            if (ReadLog(log, first, last, start, budget) is { } next)
            {
                return Page(next, budget);
            }
        }

        return Page(next: null, budget);
    }

    private AuditPage Page(AuditPosition? next, AuditReadBudget budget) =>
        new(_found, AuditCoverage.Of(_ranges, _faults, budget.IsSpent), next);

    private bool IsFull => _found.Count >= maxRecords || _bytes >= maxBytes;

    /// <returns>Where it stopped; null when the log was read to its end.</returns>
    private AuditPosition? ReadLog(BrokerLog log, int first, int last, AuditPosition? start, AuditReadBudget budget)
    {
        var check = new RangeCheck(log.Broker);
        if (start is { LastSequence: > 0 })
        {
            check.Expect(start.LastSequence, start.Hash);
        }

        AuditPosition? stopped = null;
        for (var file = first; file <= last && stopped is null; file++)
        {
            var offset = log.Read(file, file == first && start is not null ? start.Offset : 0, budget, (line, _) =>
            {
                if (check.TryTake(line, out var head) && filter.MayMatch(head, line))
                {
                    Take(line);
                }

                return !IsFull;
            });
            stopped = IsFull || budget.IsSpent ? At(log, file, offset, check) : null;
        }

        _ranges.AddRange(check.End(isCut: stopped is not null));
        _faults.AddRange(check.Faults);
        return stopped;
    }

    private static AuditPosition At(BrokerLog log, int file, long offset, RangeCheck check) => new(
        log.Broker,
        // A file that is still empty will begin with the record that comes next.
        log.FirstSequenceOf(file) is > 0 and var first ? first : check.Last + 1,
        offset,
        check.Last,
        check.Last > 0 ? check.Hash : AuditLine.Genesis);

    private void Take(ReadOnlySpan<byte> line)
    {
        // Its hash holds; what cannot be parsed all the same is of a form that this version does not know.
        if (AuditLine.TryParse(line.ToArray()) is { } entry && filter.Matches(entry))
        {
            _found.Add(new FoundRecord(entry, Encoding.UTF8.GetString(line)));
            _bytes += line.Length;
        }
    }

    /// <summary>The files that may hold what the filter's times ask for.</summary>
    private (int First, int Last) FilesOf(BrokerLog log)
    {
        var last = log.Files.Count - 1;
        while (filter.Until is { } until && last > 0 && log.FirstTimeOf(last) > until + ClockMargin)
        {
            last--;
        }

        var first = filter.Since is null ? 0 : last;
        while (filter.Since is { } since && first > 0 && log.FirstTimeOf(first) >= since - ClockMargin)
        {
            first--;
        }

        return (first, last);
    }
}
