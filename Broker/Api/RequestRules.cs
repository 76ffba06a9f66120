using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Approvals;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Api;

/// <summary>The limits that the protos state, checked before any work. Every failure names the field and the rule.</summary>
internal static class RequestRules
{
    public static readonly TimeSpan MinTimeToLive = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxTimeToLive = TimeSpan.FromHours(24);

    private const int MaxLabels = 16;

    public static TaskId TaskId(string field, string value) =>
        new(Name(field, value, 64, "._-", required: true));

    public static LeaseId LeaseId(string value) =>
        // What is not a lease id names no lease: the same answer as for somebody else's.
        Leases.LeaseId.TryParse(value, out var id) ? id : throw Errors.NoSuchLease();

    /// <summary>Null when absent. What is not an approval's id names none: the same answer as for somebody else's.</summary>
    public static ApprovalId? OptionalApprovalId(string value) => value.Length == 0 ? null : ApprovalId(value);

    public static ApprovalId ApprovalId(string value) =>
        Approvals.ApprovalId.TryParse(value, out var id) ? id : throw Errors.NoSuchApproval();

    public static string Action(string field, string value, bool required = true) => Name(field, value, 64, "._:-", required);

    public static string Resource(string field, string value) => Name(field, value, 256, "._:/-", required: true);

    public static string Tool(string field, string value, bool required = false) => Name(field, value, 64, "._:/-", required);

    public static string RequestId(string field, string value) => Name(field, value, 64, "._-", required: false);

    /// <summary>Words for people: any letters, no control characters.</summary>
    public static string Text(string field, string value, int maximum, bool required)
    {
        if (value.Length == 0)
        {
            return required ? throw Errors.Invalid(field, $"must have 1 to {maximum} characters") : value;
        }

        if (value.Length > maximum)
        {
            throw Errors.Invalid(field, $"must have at most {maximum} characters");
        }

        foreach (var rune in value.EnumerateRunes())
        {
            // Also what reorders or hides text where a person, or a model, reads it: separators, direction marks, tag characters.
            if (Rune.GetUnicodeCategory(rune) is
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                throw Errors.Invalid(field, "must not contain control or formatting characters");
            }
        }

        return value;
    }

    public static IReadOnlyDictionary<string, string> Labels(string field, IReadOnlyCollection<KeyValuePair<string, string>> labels)
    {
        if (labels.Count > MaxLabels)
        {
            throw Errors.Invalid(field, $"must have at most {MaxLabels} entries");
        }

        var copy = new Dictionary<string, string>(labels.Count);
        foreach (var (key, value) in labels)
        {
            if (key.Length is 0 or > 63 || !key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '/' or '-'))
            {
                throw Errors.Invalid(field, "keys must have 1 to 63 characters of [a-z0-9._/-]");
            }

            copy[key] = Text(field, value, 200, required: false);
        }

        return copy;
    }

    /// <summary>Null when absent.</summary>
    public static TimeSpan? Span(string field, Duration? value, TimeSpan minimum, TimeSpan maximum)
    {
        if (value is null)
        {
            return null;
        }

        // Compared by seconds first: a huge duration does not fit a TimeSpan.
        var wellFormed = value.Nanos is > -1_000_000_000 and < 1_000_000_000
            && (value.Seconds == 0 || value.Nanos == 0 || value.Seconds > 0 == value.Nanos > 0);
        if (!wellFormed || value.Seconds < 0 || value.Nanos < 0 || value.Seconds > (long)maximum.TotalSeconds)
        {
            throw OutOfRange();
        }

        var span = value.ToTimeSpan();
        return span >= minimum && span <= maximum ? span : throw OutOfRange();

        Grpc.Core.RpcException OutOfRange() => Errors.Invalid(field, $"must lie between {minimum.TotalSeconds} s and {maximum.TotalSeconds} s");
    }

    /// <summary>Null when absent.</summary>
    public static DateTimeOffset? Time(string field, Timestamp? value)
    {
        if (value is null)
        {
            return null;
        }

        try
        {
            return value.ToDateTimeOffset();
        }
        catch (InvalidOperationException)
        {
            throw Errors.Invalid(field, "must be a time from the year 1 to 9999");
        }
    }

    public static string Workload(string field, string value, bool required = true) =>
        (value.Length == 0 && !required) || WorkloadId.TryParse(value, out _)
            ? value
            : throw Errors.Invalid(field, "must be a SPIFFE ID: spiffe://trust-domain/path");

    public static byte[] Bytes(string field, Google.Protobuf.ByteString value, int maximum) =>
        value.Length is > 0 && value.Length <= maximum
            ? value.ToByteArray()
            : throw Errors.Invalid(field, $"must have 1 to {maximum} bytes");

    private static string Name(string field, string value, int maximum, string punctuation, bool required)
    {
        if (value.Length == 0 && !required)
        {
            return value;
        }

        return value.Length > 0
            && value.Length <= maximum
            && value.All(c => char.IsAsciiLetterOrDigit(c) || punctuation.Contains(c, StringComparison.Ordinal))
            ? value
            : throw Errors.Invalid(field, $"must have 1 to {maximum} characters of [A-Za-z0-9{punctuation}]");
    }
}
