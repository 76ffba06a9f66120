using System.Text;
using SecretsBroker.Audit;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>Records as they are shown, page by page, and what was read for them.</summary>
/// <param name="json">The lines as they stand in the log.</param>
/// <param name="limit">So many at most; zero for all.</param>
internal sealed class ShownRecords(bool json, int limit)
{
    private readonly List<AuditRange> _ranges = [];
    private readonly List<string> _faults = [];
    private int _count;
    private bool _isCut;

    /// <summary>Nothing more is shown.</summary>
    public bool IsFull => limit > 0 && _count >= limit;

    public void Add(QueryAuditResponse page)
    {
        foreach (var record in page.Records)
        {
            if (IsFull)
            {
                _isCut = true;
                break;
            }

            Show(record);
            _count++;
        }

        _isCut |= IsFull && page.NextPageToken.Length > 0;
        _ranges.AddRange(page.Coverage.Ranges);
        _faults.AddRange(page.Coverage.Faults);
    }

    /// <summary>Says what was read. A program reads the records on one stream and this on the other.</summary>
    /// <returns>The exit code.</returns>
    public int End()
    {
        if (_faults.Count > 0)
        {
            Output.Faults("Not all is as it was written:", _faults);
        }

        if (json)
        {
            return ExitCode;
        }

        Output.Line($"records: {_count}{(_isCut ? "; there may be more (--limit)" : "")}");
        foreach (var broker in _ranges.GroupBy(range => range.Broker))
        {
            Output.Line($"  read of {broker.Key}: records {broker.Min(range => range.FirstSequence)} to {broker.Max(range => range.LastSequence)}");
        }

        return ExitCode;
    }

    private int ExitCode => _faults.Count > 0 ? BrokerCommand.Faulty : BrokerCommand.Success;

    private void Show(AuditLogRecord record)
    {
        if (json)
        {
            Output.Json(record.Line);
        }
        else if (AuditLine.TryParse(Encoding.UTF8.GetBytes(record.Line)) is { } entry)
        {
            Output.Line(RecordText.Of(entry));
        }
        else
        {
            _faults.Add($"record {record.Sequence} of {record.Broker} came with content that its hash does not cover");
        }
    }
}
