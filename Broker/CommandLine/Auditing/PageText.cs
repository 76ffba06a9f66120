using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>The parts that every page has, and how times stand on it.</summary>
internal static class PageText
{
    private const string None = "-";
    private const int NameWidth = 18;

    public static void Heading(string text)
    {
        Output.Line("");
        Output.Line(text);
    }

    public static void Fact(string name, string value) => Output.Line($"  {name.PadRight(NameWidth)}{(value.Length == 0 ? None : value)}");

    /// <summary>Left out when there is nothing to say.</summary>
    public static void Detail(string name, string value)
    {
        if (value.Length > 0)
        {
            Fact(name, value);
        }
    }

    public static string Of(Timestamp? time) =>
        time?.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) ?? "";

    public static string Of(Duration? duration) => duration?.ToTimeSpan() switch
    {
        null => "",
        { TotalSeconds: < 10 and > -10 } brief => string.Create(CultureInfo.InvariantCulture, $"{brief.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 10 } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { } span => span.ToString("c", CultureInfo.InvariantCulture).Split('.') is [var whole, ..] && span.TotalDays < 1 ? whole : $"{span.TotalHours:0} h",
    };

    public static string List(IEnumerable<string> items) => string.Join(", ", items);

    public static void Who(ExplainedActor actor, ExplainedTask task)
    {
        Heading("who acted");
        Fact("workload", actor.Workload);
        Fact("known by", Joined(actor.Authentication, "with", actor.Possession));
        Detail("from", actor.SourceAddress);
        Detail("groups", List(actor.Groups));
        Detail("claims", List(actor.Claims.OrderBy(claim => claim.Key, StringComparer.Ordinal).Select(claim => $"{claim.Key}={claim.Value}")));
        Fact("on behalf of", Initiator(actor));
        Heading($"task {task.TaskId}");
        Fact("purpose", task.Purpose);
        Detail("labels", List(task.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}")));
        Fact("started", Of(task.StartTime));
        Fact("ended", Joined(Of(task.EndTime), "", task.Outcome));
    }

    public static void Record(IEnumerable<string> missing, AuditCoverage coverage)
    {
        Heading("record");
        foreach (var range in coverage.Ranges)
        {
            Fact("read", $"{range.Broker}: records {range.FirstSequence} to {range.LastSequence}, {Of(range.FirstTime)} to {Of(range.LastTime)}");
        }

        Fact("complete", coverage.Whole ? "yes: each record that was read follows the one before" : "no");
        if (coverage.CutShort)
        {
            Fact("not read", "what is older: reading stopped at its limit");
        }

        foreach (var fault in coverage.Faults)
        {
            Fact("fault", fault);
        }

        foreach (var part in missing)
        {
            Fact("missing", part);
        }
    }

    private static string Initiator(ExplainedActor actor) => actor switch
    {
        { Initiator: "" } => "",
        { InitiatorIssuer: "" } => $"{actor.Initiator} (as the workload states it)",
        { InitiatorName: "" } => $"{actor.Initiator} (shown by a token)",
        _ => $"{actor.Initiator} ({actor.InitiatorName}; shown by a token)",
    };

    private static string Joined(string first, string between, string second) => second.Length == 0
        ? first
        : string.Join(' ', new[] { first, between, second }.Where(part => part.Length > 0));
}
