using SecretsBroker.Audit;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>One access as the audit log tells it: what was decided, and how it ended.</summary>
/// <param name="Decision">Who asked for what, and the answer.</param>
/// <param name="End">Null when nothing was handed out, or it has not been taken back.</param>
internal sealed record Access(AuditRecord Decision, AuditRecord? End)
{
    public bool Allowed => Decision.Allowed == true;

    /// <summary>Without the trust domain, which is the same for all.</summary>
    public string Who => Decision.Workload[(Decision.Workload.IndexOf('/', "spiffe://".Length) + 1)..];

    /// <summary>Empty when it has not ended.</summary>
    public string Cause => End?.Cause ?? "";

    public static async Task<IReadOnlyList<Access>> ReadAsync(string log, CancellationToken cancellationToken)
    {
        var decisions = new List<AuditRecord>();
        var ends = new Dictionary<string, AuditRecord>();
        await foreach (var entry in AuditReader.ReadAsync(log, cancellationToken))
        {
            switch (entry.Record.Type)
            {
                case AuditEventType.Decided:
                    decisions.Add(entry.Record);
                    break;
                case AuditEventType.Revoked:
                    ends[entry.Record.DecisionId] = entry.Record;
                    break;
            }
        }

        return [.. decisions.Select(decision => new Access(decision, ends.GetValueOrDefault(decision.DecisionId)))];
    }
}
