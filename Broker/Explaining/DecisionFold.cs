using SecretsBroker.Audit;

namespace SecretsBroker.Explaining;

/// <summary>Decisions by their ids, with what became of each.</summary>
internal sealed class DecisionFold
{
    private readonly Dictionary<string, AuditEntry> _decided = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AuditRecord> _refused = new(StringComparer.Ordinal);
    private readonly List<AuditEntry> _policies = [];
    private readonly ApprovalFold _approvals;

    public DecisionFold(IReadOnlyCollection<AuditEntry> entries)
    {
        _approvals = new ApprovalFold(entries);
        foreach (var entry in entries)
        {
            switch (entry.Record.Type)
            {
                case AuditEventType.Decided:
                    _decided[entry.Record.DecisionId] = entry;
                    break;
                case AuditEventType.Refused:
                    _refused[entry.Record.DecisionId] = entry.Record;
                    break;
                case AuditEventType.PolicyLoaded:
                    _policies.Add(entry);
                    break;
            }
        }
    }

    /// <summary>Denied by policy, or allowed and refused all the same.</summary>
    public IEnumerable<ExplainedDecision> TurnedDown => _decided.Values
        .Select(Explain)
        .Where(decision => !decision.Allowed || decision.Refusal.Length > 0)
        .OrderBy(decision => decision.Time);

    /// <returns>The record of a decision; null when it is missing.</returns>
    public AuditRecord? Find(string id) => _decided.GetValueOrDefault(id)?.Record;

    /// <returns>Null when its record is missing.</returns>
    public ExplainedDecision? Explain(string id) => _decided.TryGetValue(id, out var entry) ? Explain(entry) : null;

    private ExplainedDecision Explain(AuditEntry entry)
    {
        var record = entry.Record;
        return new ExplainedDecision
        {
            Id = record.DecisionId,
            Time = entry.Time,
            Allowed = record.Allowed == true,
            Reason = record.Reason,
            Policies = record.Policies,
            FailedPolicies = record.FailedPolicies,
            PolicyHash = record.PolicyHash,
            PolicyLoadTime = LoadTimeOf(record.PolicyHash, entry),
            PolicyServerDecision = record.PolicyServerDecision,
            MaxTimeToLive = record.MaxTimeToLive,
            Approvals = record.Approvals,
            Approval = _approvals.Find(record.DecisionId),
            BrokenGlass = _approvals.FindGlass(record.DecisionId),
            Sealed = record.Sealed == true,
            Advice = record.Advice,
            Signals = SignalsOf(record),
            Action = record.Action,
            Resource = record.Resource,
            Tool = record.Tool,
            Refusal = _refused.GetValueOrDefault(record.DecisionId)?.Reason ?? "",
        };
    }

    private static Dictionary<string, long> SignalsOf(AuditRecord record) => new (string Name, long? Value)[]
    {
        ("issues", record.SignalIssues),
        ("denials", record.SignalDenials),
        ("resources", record.SignalResources),
        ("violations", record.SignalViolations),
        ("failures", record.SignalFailures),
    }.Where(signal => signal.Value is not null).ToDictionary(signal => signal.Name, signal => signal.Value!.Value);

    private DateTimeOffset? LoadTimeOf(string hash, AuditEntry decided) => _policies
        .LastOrDefault(loaded => loaded.Record.PolicyHash == hash && loaded.Broker == decided.Broker && loaded.Time <= decided.Time)?.Time;
}
