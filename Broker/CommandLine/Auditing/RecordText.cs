using System.Globalization;
using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>A record on one line.</summary>
internal static class RecordText
{
    public static string Of(AuditEntry entry)
    {
        var record = entry.Record;
        var outcome = RecordOutcome.Of(record);
        return string.Join("  ", Parts().Where(part => part.Length > 0));

        IEnumerable<string> Parts()
        {
            yield return entry.Time.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            yield return $"{entry.Broker}#{entry.Sequence}";
            yield return outcome.Length == 0 ? entry.TypeName : $"{entry.TypeName} ({outcome})";
            yield return record.Workload;
            yield return Named("task", record.Task);
            yield return Named("lease", record.Lease);
            yield return $"{record.Action} {(record.DownstreamResource.Length > 0 ? record.DownstreamResource : record.Resource)}".Trim();
            yield return Named("order", record.KillOrder);
            yield return record.Selector;
            yield return record.Reason;
        }
    }

    private static string Named(string name, string value) => value.Length == 0 ? "" : $"{name} {value}";
}
