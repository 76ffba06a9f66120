using System.Text;

namespace SecretsBroker.Audit.Reading;

/// <summary>Which records are asked for: those that meet everything that is said. What is empty is not asked about.</summary>
internal sealed class AuditFilter
{
    private readonly List<byte[]> _needles = [];
    private byte[] _since = [];
    private byte[] _until = [];

    /// <summary>SPIFFE ID of who acted.</summary>
    public string Workload { get; init => Add("workload"u8, field = value); } = "";

    public string Task { get; init => Add("task"u8, field = value); } = "";

    public string Lease { get; init => Add("lease"u8, field = value); } = "";

    public string Grant { get; init => Add("grant"u8, field = value); } = "";

    /// <summary>This resource and all beneath it, as intended or as a use touched it.</summary>
    public string Resource
    {
        get;
        init
        {
            field = value;
            if (value.Length > 0)
            {
                _needles.Add(Needle.StringStart(value));
            }
        }
    } = "";

    /// <summary>As <see cref="RecordOutcome"/> says it, in lower case.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>Names of <see cref="AuditEventType"/>; any of them.</summary>
    public IReadOnlyCollection<string> Types { get; init; } = [];

    /// <summary>Not before.</summary>
    public DateTimeOffset? Since
    {
        get;
        init
        {
            field = value;
            _since = Bytes(value);
        }
    }

    /// <summary>Before this.</summary>
    public DateTimeOffset? Until
    {
        get;
        init
        {
            field = value;
            _until = Bytes(value);
        }
    }

    /// <summary>False for most of what is not asked for, at the price of a search in bytes.</summary>
    public bool MayMatch(AuditLineHead head, ReadOnlySpan<byte> line)
    {
        if ((_since.Length > 0 && head.Time.SequenceCompareTo(_since) < 0) || (_until.Length > 0 && head.Time.SequenceCompareTo(_until) >= 0))
        {
            return false;
        }

        foreach (var needle in _needles)
        {
            if (line.IndexOf(needle) < 0)
            {
                return false;
            }
        }

        return true;
    }

    public bool Matches(AuditEntry entry)
    {
        var record = entry.Record;
        return IsOrAny(Workload, record.Workload)
            && IsOrAny(Task, record.Task)
            && IsOrAny(Lease, record.Lease)
            && IsOrAny(Grant, record.Grant)
            && IsOrAny(Outcome, RecordOutcome.Of(record))
            && (Types.Count == 0 || Types.Contains(entry.TypeName))
            && (Resource.Length == 0 || Covers(record.Resource) || Covers(record.DownstreamResource));
    }

    private bool Covers(string resource) =>
        resource == Resource || (resource.StartsWith(Resource, StringComparison.Ordinal) && resource[Resource.Length] == '/');

    private void Add(ReadOnlySpan<byte> member, string value)
    {
        if (value.Length > 0)
        {
            _needles.Add(Needle.Member(member, value));
        }
    }

    private static bool IsOrAny(string asked, string value) => asked.Length == 0 || asked == value;

    private static byte[] Bytes(DateTimeOffset? time) => time is { } known ? Encoding.ASCII.GetBytes(AuditLine.FormatTime(known)) : [];
}
