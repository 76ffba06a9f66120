using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Explaining;

/// <summary>Puts the records about one lease together.</summary>
/// <param name="lease">Which.</param>
/// <param name="records">Of this lease, in the order of time; one at least.</param>
/// <param name="around">All records that were gathered: of its task, of decisions, kill orders and policies.</param>
/// <param name="decisions">Those among them.</param>
/// <param name="coverage">What they were gathered from.</param>
internal sealed class LeaseFold(
    string lease, IReadOnlyList<AuditEntry> records, IReadOnlyList<AuditEntry> around, DecisionFold decisions, AuditCoverage coverage)
{
    public const int MaxUses = 100;
    public const int MaxTouched = 100;

    // The intent, which a report of a use repeats in its own words.
    private readonly AuditRecord _intent = (records.FirstOrDefault(entry => entry.Record.Type != AuditEventType.Used) ?? records[0]).Record;
    private readonly AuditEntry? _issued = records.FirstOrDefault(entry => entry.Record.Type == AuditEventType.Issued);
    private readonly AuditEntry? _rechecked = records.LastOrDefault(entry => entry.Record.Type == AuditEventType.LeasesRechecked);
    private readonly List<AuditEntry> _revoked = [.. records.Where(entry => entry.Record.Type == AuditEventType.Revoked)];
    private readonly List<ExplainedUse> _uses = [.. records.Where(entry => entry.Record.Type == AuditEventType.Used).Select(Use)];

    /// <param name="now">Against which it is seen whether it should be gone.</param>
    public LeaseExplanation Explain(DateTimeOffset now)
    {
        var decisionId = records.FirstOrDefault(entry => entry.Record.Type != AuditEventType.Renewed)?.Record.DecisionId ?? "";
        var decided = decisions.Find(decisionId);
        var task = new TaskRecords(_intent.Workload, _intent.Task, around, records[0].Time);
        var explained = new LeaseExplanation
        {
            Lease = lease,
            Actor = task.Actor(decided),
            Task = task.Explain(decided),
            Delegation = DelegationFold.Of(_intent, around),
            Action = _intent.Action,
            Resource = _intent.Resource,
            Tool = _intent.Type == AuditEventType.Used ? "" : _intent.Tool,
            Purpose = _intent.Purpose,
            TimeToLive = decided?.TimeToLive,
            RequestId = _intent.RequestId,
            Grant = _intent.Grant,
            Engine = _intent.Engine,
            Target = _intent.Target,
            Classification = decided?.Classification ?? "",
            Environment = decided?.Environment ?? "",
            Decision = decisions.Explain(decisionId),
            IssueTime = _issued?.Time,
            ExpireTime = _issued?.Record.ExpireTime,
            SealedFor = _issued?.Record.SealedFor ?? "",
            Renewals = [.. records.Where(entry => entry.Record.Type == AuditEventType.Renewed).Select(Renewal)],
            Uses = Shown(_uses),
            UseCount = _uses.Count,
            ViolationCount = _uses.Count(use => use.IsViolation),
            Touched = Touched(_uses),
            End = _revoked is [.., var last] ? End(last.Record) : null,
            Traces = [.. records.Select(entry => entry.Record.TraceId).Append(decided?.TraceId ?? "").Where(id => id.Length > 0).Distinct()],
            Coverage = coverage,
        };
        return explained with { Missing = [.. MissingRecords.Of(explained, now)] };
    }

    private static ExplainedUse Use(AuditEntry entry) => new(
        entry.Time,
        entry.Record.Tool,
        entry.Record.Action,
        entry.Record.DownstreamResource,
        entry.Record.Outcome,
        entry.Record.Allowed == false ? entry.Record.Reason : "");

    private ExplainedRenewal Renewal(AuditEntry entry) =>
        new(entry.Time, entry.Record.ExpireTime, decisions.Explain(entry.Record.DecisionId));

    // No number of harmless uses hides a violation.
    private static IReadOnlyList<ExplainedUse> Shown(List<ExplainedUse> uses) => uses.Count <= MaxUses ? uses
        : [.. uses.OrderByDescending(use => use.IsViolation).ThenByDescending(use => use.Time).Take(MaxUses).OrderBy(use => use.Time)];

    private static IReadOnlyList<TouchedResource> Touched(List<ExplainedUse> uses) =>
    [
        .. uses.GroupBy(use => use.Resource)
            .Select(group => new TouchedResource(group.Key, group.Count()))
            .OrderByDescending(touched => touched.Uses).ThenBy(touched => touched.Resource, StringComparer.Ordinal)
            .Take(MaxTouched),
    ];

    private ExplainedEnd End(AuditRecord revoked) => new()
    {
        Cause = revoked.Cause,
        EndTime = revoked.EndTime,
        GoneTime = revoked.GoneTime,
        Outlived = revoked.Lag,
        Attempts = revoked.Attempts ?? 0,
        Proof = revoked.Proof,
        EarlierProofs = _revoked.Select(entry => entry.Record.Id).Distinct(StringComparer.Ordinal).Count() - 1,
        Kills = revoked.Cause == nameof(EndCause.Killed) ? [.. Kills(revoked)] : [],
        Recheck = _rechecked is { Record: var record } && revoked.Cause == nameof(EndCause.Policy)
            ? new ExplainedRecheck(_rechecked.Time, record.PolicyHash, record.Policies, record.Reason)
            : null,
    };

    private IEnumerable<ExplainedKill> Kills(AuditRecord revoked)
    {
        var covering = LeaseSelectors.Of(revoked, around);
        return around
            .Where(entry => entry.Record.Type is AuditEventType.Killed or AuditEventType.Quarantined)
            .Where(entry => covering.Contains(entry.Record.Selector))
            // An earlier quarantine was over before this lease began.
            .Where(entry => entry.Record.ExpireTime is not { } over || over > records[0].Time)
            .DistinctBy(entry => entry.Record.KillOrder)
            .Select(entry => new ExplainedKill(
                entry.Time,
                entry.Record.KillOrder,
                entry.Record.Selector,
                // The record of a quarantine names the workload that is in it.
                entry.Record.Type == AuditEventType.Quarantined ? KillOrder.CircuitBreaker : entry.Record.Workload,
                entry.Record.Reason));
    }
}
