using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Explaining;

/// <summary>
/// What the owner of a lease or task is told of it: all about itself, nothing that tells of operators, of how a target is looked at, or of what
/// else is in the log.
/// </summary>
internal static class OwnerView
{
    public static LeaseExplanation Of(LeaseExplanation lease) => lease with
    {
        Decision = lease.Decision is { } decision ? Of(decision) : null,
        Renewals = [.. lease.Renewals.Select(renewal => renewal with { Decision = renewal.Decision is { } renewed ? Of(renewed) : null })],
        End = lease.End is { } end ? end with { Proof = "", Kills = [] } : null,
        Coverage = Of(lease.Coverage),
    };

    public static TaskExplanation Of(TaskExplanation task) => task with
    {
        Leases = [.. task.Leases.Select(Of)],
        TurnedDown = [.. task.TurnedDown.Select(Of)],
        Coverage = Of(task.Coverage),
    };

    // A kill order's id stands behind the word.
    private static ExplainedDecision Of(ExplainedDecision decision) => decision with
    {
        FailedPolicies = [],
        PolicyServerDecision = "",
        Refusal = decision.Refusal.Split(' ')[0],
        Approval = decision.Approval is { } approval ? approval with { Votes = [.. approval.Votes.Where(vote => vote.Counted)] } : null,
    };

    // That something is wrong is told without what: it is about everybody's records.
    private static AuditCoverage Of(AuditCoverage coverage) => coverage with
    {
        Ranges = [],
        Faults = coverage.Faults.Count > 0 ? ["records are missing or damaged; operators see which"] : [],
    };
}
