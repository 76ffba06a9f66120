using SecretsBroker.Audit;

namespace SecretsBroker.Explaining;

/// <summary>Approvals and broken glass, by the decisions that they belong to.</summary>
internal sealed class ApprovalFold(IReadOnlyCollection<AuditEntry> entries)
{
    private readonly ILookup<string, AuditEntry> _byApproval = entries
        .Where(entry => entry.Record.Type is AuditEventType.ApprovalRequested or AuditEventType.ApprovalVoted or AuditEventType.ApprovalUsed)
        .DistinctBy(entry => entry.Record.Id)
        .ToLookup(entry => entry.Record.Approval, StringComparer.Ordinal);

    /// <param name="decision">The decision that parked the request, or the one that the approval was used for.</param>
    /// <returns>Null when there is none.</returns>
    public ExplainedApproval? Find(string decision)
    {
        // A vote names the decision about the approver.
        var found = _byApproval.FirstOrDefault(approval => approval.Any(
            entry => entry.Record.DecisionId == decision && entry.Record.Type != AuditEventType.ApprovalVoted));
        if (found is null)
        {
            return null;
        }

        var requested = found.FirstOrDefault(entry => entry.Record.Type == AuditEventType.ApprovalRequested);
        return new ExplainedApproval
        {
            Id = found.Key,
            Demands = requested?.Record.Approvals ?? [],
            RequestTime = requested?.Time,
            UseTime = found.FirstOrDefault(entry => entry.Record.Type == AuditEventType.ApprovalUsed)?.Time,
            Votes = [.. found.Where(entry => entry.Record.Type == AuditEventType.ApprovalVoted).Select(Vote)],
        };
    }

    /// <inheritdoc cref="Find"/>
    public ExplainedGlass? FindGlass(string decision)
    {
        var broken = entries.FirstOrDefault(entry => entry.Record.Type == AuditEventType.GlassBroken && entry.Record.DecisionId == decision);
        if (broken is null)
        {
            return null;
        }

        var closed = entries.FirstOrDefault(
            entry => entry.Record.Type == AuditEventType.ReviewClosed && entry.Record.Review == broken.Record.Review);
        return new ExplainedGlass(
            broken.Time,
            broken.Record.Review,
            broken.Record.Reason,
            closed?.Time,
            closed?.Record.Workload ?? "",
            closed?.Record.Reason ?? "");
    }

    /// <summary>Approvals that were used and whose request was not found: it may have been made before there was a task.</summary>
    public IEnumerable<string> WithoutRequest => _byApproval
        .Where(approval => approval.All(entry => entry.Record.Type != AuditEventType.ApprovalRequested))
        .Select(approval => approval.Key);

    private static ExplainedVote Vote(AuditEntry entry) => new(
        entry.Time, entry.Record.Workload, entry.Record.Groups, entry.Record.Outcome, entry.Record.Allowed == true, entry.Record.Reason);
}
