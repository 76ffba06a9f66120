namespace SecretsBroker.Audit.Reading;

/// <summary>Which part of the logs an answer rests on, and what is wrong with it.</summary>
internal sealed record AuditCoverage
{
    /// <summary>That nothing was read, and nothing was to be.</summary>
    public static AuditCoverage Nothing { get; } = new() { Ranges = [], Faults = [] };

    /// <summary>What was read: by broker, and in the order of the records.</summary>
    public required IReadOnlyList<ReadRange> Ranges { get; init; }

    /// <summary>What was found wrong, in words: records that are missing, damaged or changed.</summary>
    public required IReadOnlyList<string> Faults { get; init; }

    /// <summary>Reading stopped at a limit of bytes or time before all was read that may have something to say.</summary>
    public bool IsCutShort { get; init; }

    /// <summary>Whether all was read that may have something to say, and each record follows the one before.</summary>
    public bool IsWhole => Faults.Count == 0 && !IsCutShort;

    /// <summary>Joins what was read file by file: what is one range shows that nothing was taken from between.</summary>
    /// <param name="ranges">In any order.</param>
    /// <param name="faults">Found within them.</param>
    /// <param name="isCutShort">Whether there was more to read.</param>
    public static AuditCoverage Of(IEnumerable<ReadRange> ranges, IEnumerable<string> faults, bool isCutShort)
    {
        var joined = new List<ReadRange>();
        var found = new List<string>(faults);
        foreach (var range in ranges.OrderBy(range => range.Broker, StringComparer.Ordinal).ThenBy(range => range.FirstSequence))
        {
            if (joined is not [.., var before] || before.Broker != range.Broker || before.IsCut)
            {
                joined.Add(range);
            }
            else if (before.LastSequence + 1 == range.FirstSequence && before.Hash == range.PreviousHash)
            {
                joined[^1] = range with { FirstSequence = before.FirstSequence, FirstTime = before.FirstTime, PreviousHash = before.PreviousHash };
            }
            else
            {
                found.Add(Between(before, range));
                joined.Add(range);
            }
        }

        return new AuditCoverage { Ranges = joined, Faults = found, IsCutShort = isCutShort };
    }

    private static string Between(ReadRange before, ReadRange after) => after.FirstSequence > before.LastSequence + 1
        ? $"records {before.LastSequence + 1} to {after.FirstSequence - 1} of {after.Broker} are missing"
        : $"record {after.FirstSequence} of {after.Broker} does not follow record {before.LastSequence}";
}
