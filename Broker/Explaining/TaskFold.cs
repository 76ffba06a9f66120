using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Explaining;

/// <summary>Puts the records about one task together.</summary>
internal static class TaskFold
{
    public const int MaxLeases = 200;
    public const int MaxTurnedDown = 100;

    /// <param name="workload">Whose task.</param>
    /// <param name="task">Which.</param>
    /// <param name="entries">In the order of time; one of the task at least.</param>
    /// <param name="coverage">What they were gathered from.</param>
    /// <param name="now">Against which it is seen what should be gone.</param>
    public static TaskExplanation Explain(
        string workload, string task, IReadOnlyList<AuditEntry> entries, AuditCoverage coverage, DateTimeOffset now)
    {
        var own = entries.Where(entry => entry.Record.Task == task && RecordOwner.Of(entry.Record) == workload).ToList();
        var records = new TaskRecords(workload, task, own, own[^1].Time);
        var explained = records.Explain(decided: null);
        // An id that is used again names another task: what was before the start is not about this one.
        own.RemoveAll(entry => entry.Time < explained.StartTime);
        var decisions = new DecisionFold([.. own, .. entries.Where(entry => entry.Record.Type == AuditEventType.PolicyLoaded)]);
        var leases = own.Where(entry => RecordOwner.IsOfLease(entry.Record))
            .GroupBy(entry => entry.Record.Lease)
            .Select(group => new LeaseFold(group.Key, [.. group], entries, decisions, coverage).Explain(now))
            .ToList();
        var decided = own.FirstOrDefault(entry => entry.Record.Type == AuditEventType.Decided)?.Record;
        var turnedDown = decisions.TurnedDown.ToList();
        return new TaskExplanation
        {
            Actor = records.Actor(decided),
            Task = records.Explain(decided),
            Delegation = own.FirstOrDefault(entry => entry.Record.Type is AuditEventType.TaskStarted or AuditEventType.Decided) is { } under
                ? DelegationFold.Of(under.Record, entries)
                : null,
            Given = [.. DelegationFold.Given(own).Take(MaxTurnedDown)],
            Leases = [.. leases.Take(MaxLeases)],
            LeaseCount = leases.Count,
            TurnedDown = [.. turnedDown.Take(MaxTurnedDown)],
            TurnedDownCount = turnedDown.Count,
            UseCount = leases.Sum(lease => lease.UseCount),
            ViolationCount = leases.Sum(lease => lease.ViolationCount),
            OpenLeases = leases.Count(lease => lease.End is null),
            LongestOutlived = leases.Max(lease => lease.End?.Outlived),
            Missing =
            [
                .. explained.StartTime is null ? (IEnumerable<string>)["the start of the task"] : [],
                .. leases.SelectMany(lease => lease.Missing.Where(IsOfLeaseAlone).Select(missing => $"of lease {lease.Lease}: {missing}"))
                    .Take(MaxTurnedDown),
            ],
            Coverage = coverage,
        };
    }

    // The task's own are named once; an approval that was asked for before there was a task is found by the lease's page.
    private static bool IsOfLeaseAlone(string missing) =>
        !missing.Contains("of its task", StringComparison.Ordinal) && missing != MissingRecords.Approval;
}
