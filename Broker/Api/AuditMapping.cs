using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Audit.Reading;
using SecretsBroker.V1;
using AuditFilter = SecretsBroker.Audit.Reading.AuditFilter;

namespace SecretsBroker.Api;

/// <summary>Questions to the audit log, and the records that answer them.</summary>
internal static class AuditMapping
{
    private const int MaxWord = 40;
    private const int MaxTypes = 50;

    public static AuditFilter ToFilter(V1.AuditFilter? filter)
    {
        filter ??= new V1.AuditFilter();
        if (filter.EventTypes.Count > MaxTypes || !filter.EventTypes.All(type => IsWord(type, char.IsAsciiLetter)))
        {
            throw Errors.Invalid("filter.event_types", $"must be at most {MaxTypes} words of 1 to {MaxWord} letters");
        }

        return new AuditFilter
        {
            Workload = RequestRules.Workload("filter.workload", filter.Workload, required: false),
            Task = filter.TaskId.Length == 0 ? "" : RequestRules.TaskId("filter.task_id", filter.TaskId).Value,
            Lease = filter.LeaseId.Length == 0 || Leases.LeaseId.TryParse(filter.LeaseId, out _)
                ? filter.LeaseId
                : throw Errors.Invalid("filter.lease_id", "must be a lease id: 26 characters of [0-9a-v]"),
            Resource = filter.Resource.Length == 0 ? "" : RequestRules.Resource("filter.resource", filter.Resource),
            Grant = Word("filter.grant", filter.Grant, "[a-z0-9-]", c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'),
            Outcome = Word("filter.outcome", filter.Outcome, "[a-z_ -]", c => char.IsAsciiLetterLower(c) || c is '_' or ' ' or '-'),
            Types = [.. filter.EventTypes],
            Since = RequestRules.Time("filter.start_time", filter.StartTime),
            Until = RequestRules.Time("filter.end_time", filter.EndTime),
        };
    }

    public static QueryAuditResponse ToMessage(AuditPage page)
    {
        var response = new QueryAuditResponse
        {
            Coverage = ExplanationMapping.ToMessage(page.Coverage),
            NextPageToken = page.Next?.ToString() ?? "",
        };
        response.Records.Add(page.Records.Select(ToMessage));
        return response;
    }

    public static AuditLogRecord ToMessage(FoundRecord found) => new()
    {
        Broker = found.Entry.Broker,
        Sequence = found.Entry.Sequence,
        Time = found.Entry.Time.ToTimestamp(),
        Type = found.Entry.TypeName,
        Line = found.Line,
    };

    private static string Word(string field, string value, string characters, Func<char, bool> isIn) =>
        value.Length == 0 || IsWord(value, isIn) ? value : throw Errors.Invalid(field, $"must have 1 to {MaxWord} characters of {characters}");

    private static bool IsWord(string value, Func<char, bool> isIn) => value.Length is > 0 and <= MaxWord && value.All(isIn);
}
