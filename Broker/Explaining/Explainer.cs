using SecretsBroker.Audit;
using SecretsBroker.Audit.Reading;

namespace SecretsBroker.Explaining;

/// <summary>What is known of a lease before the logs are read.</summary>
/// <param name="Workload">Its owner.</param>
/// <param name="Task">Its task.</param>
/// <param name="Decision">That allowed it.</param>
/// <param name="Time">A moment of its life.</param>
internal sealed record KnownLease(string Workload, string Task, string Decision, DateTimeOffset Time);

/// <param name="Explanation">Null when no record is about it.</param>
/// <param name="Coverage">What was read.</param>
internal sealed record LeaseFound(LeaseExplanation? Explanation, AuditCoverage Coverage);

/// <param name="Explanation">Null when no record is about it, or it is not told whose is meant.</param>
/// <param name="Workloads">Those that have a task of this id.</param>
/// <param name="Coverage">What was read.</param>
internal sealed record TaskFound(TaskExplanation? Explanation, IReadOnlyList<string> Workloads, AuditCoverage Coverage);

/// <summary>Explains leases and tasks from audit logs.</summary>
/// <param name="logs">Of every broker that may have had to do with them.</param>
/// <param name="budget">Of the bytes that are read.</param>
/// <param name="now">Against which it is seen what should be gone.</param>
internal sealed class Explainer(IReadOnlyList<AuditLogs> logs, AuditReadBudget budget, DateTimeOffset now)
{
    private static readonly byte[] Killed = Needle.Member("type"u8, nameof(AuditEventType.Killed));
    private static readonly byte[] Quarantined = Needle.Member("type"u8, nameof(AuditEventType.Quarantined));
    private static readonly byte[] PolicyLoaded = Needle.Member("type"u8, nameof(AuditEventType.PolicyLoaded));

    /// <param name="lease">Which.</param>
    /// <param name="known">What a store that still has it says; null to look for it first.</param>
    /// <param name="since">What began before is not read; null for all.</param>
    public LeaseFound ExplainLease(string lease, KnownLease? known, DateTimeOffset? since)
    {
        if (known is null)
        {
            var (found, looked) = FindLease(lease, since);
            if (found is null)
            {
                return new LeaseFound(Explanation: null, looked);
            }

            known = found;
        }

        var collector = new AuditCollector(
            logs,
            [
                Needle.Member("lease"u8, lease), Needle.Member("task"u8, known.Task), Needle.Member("decision_id"u8, known.Decision),
                Killed, Quarantined, PolicyLoaded,
            ],
            entry => TakeForLease(entry, lease, known))
        {
            Since = since,
        };
        var (entries, coverage) = collector.Collect(budget);
        var records = entries.Where(entry => entry.Record.Lease == lease && RecordOwner.IsOfLease(entry.Record)).ToList();
        (entries, coverage) = WithApprovals(entries, coverage);
        (entries, coverage) = WithDelegation(records, entries, coverage);
        return new LeaseFound(
            records.Count == 0 ? null : new LeaseFold(lease, records, entries, new DecisionFold(entries), coverage).Explain(now), coverage);
    }

    /// <param name="task">Which.</param>
    /// <param name="workload">Whose; empty when it is not known.</param>
    /// <param name="since">What began before is not read; null for all.</param>
    public TaskFound ExplainTask(string task, string workload, DateTimeOffset? since)
    {
        var collector = new AuditCollector(
            logs, [Needle.Member("task"u8, task), Killed, Quarantined, PolicyLoaded], entry => TakeForTask(entry.Record, task, workload))
        {
            Since = since,
        };
        var (entries, coverage) = collector.Collect(budget);
        var workloads = entries.Where(entry => entry.Record.Task == task).Select(entry => RecordOwner.Of(entry.Record)).Distinct(StringComparer.Ordinal).ToList();
        return new TaskFound(
            workloads is [var only] ? TaskFold.Explain(only, task, entries, coverage, now) : null, workloads, coverage);
    }

    private (KnownLease? Known, AuditCoverage Coverage) FindLease(string lease, DateTimeOffset? since)
    {
        var collector = new AuditCollector(
            logs,
            [Needle.Member("lease"u8, lease)],
            // That of a renewal names another decision.
            entry => entry.Record.Lease == lease && RecordOwner.IsOfLease(entry.Record) && entry.Record.Type != AuditEventType.Renewed
                ? Take.KeepAndStop
                : Take.Leave)
        {
            Since = since,
        };
        var (entries, coverage) = collector.Collect(budget);
        return entries is [var found]
            ? (new KnownLease(found.Record.Workload, found.Record.Task, found.Record.DecisionId, found.Time), coverage)
            : (null, coverage);
    }

    /// <summary>
    /// Reads once more for approvals whose request was not found: it names no task when one was yet to be opened, and may be older than
    /// the one that was.
    /// </summary>
    private (IReadOnlyList<AuditEntry> Entries, AuditCoverage Coverage) WithApprovals(IReadOnlyList<AuditEntry> entries, AuditCoverage coverage)
    {
        foreach (var approval in new ApprovalFold(entries).WithoutRequest.ToList())
        {
            var collector = new AuditCollector(
                logs,
                [Needle.Member("approval"u8, approval)],
                entry => entry.Record.Approval != approval ? Take.Leave
                    : entry.Record.Type == AuditEventType.ApprovalRequested ? Take.KeepAsFirst
                    : Take.Keep);
            var (found, read) = collector.Collect(budget);
            entries = [.. entries, .. found];
            coverage = coverage with { IsCutShort = coverage.IsCutShort || read.IsCutShort };
        }

        return (entries, coverage);
    }

    /// <summary>Reads once more for the delegation that it was done under: its records are of another task.</summary>
    private (IReadOnlyList<AuditEntry> Entries, AuditCoverage Coverage) WithDelegation(
        IReadOnlyList<AuditEntry> records, IReadOnlyList<AuditEntry> entries, AuditCoverage coverage)
    {
        if (records.Select(entry => entry.Record.Delegation).FirstOrDefault(id => id.Length > 0) is not { } delegation)
        {
            return (entries, coverage);
        }

        var collector = new AuditCollector(
            logs,
            [Needle.Member("delegation"u8, delegation)],
            entry => entry.Record.Delegation != delegation ? Take.Leave : entry.Record.Type switch
            {
                AuditEventType.DelegationCreated => Take.KeepAsFirst,
                AuditEventType.DelegationNarrowed or AuditEventType.DelegationEnded => Take.Keep,
                _ => Take.Leave,
            });
        var (found, read) = collector.Collect(budget);
        return ([.. entries, .. found], coverage with { IsCutShort = coverage.IsCutShort || read.IsCutShort });
    }

    private static Take TakeForLease(AuditEntry entry, string lease, KnownLease known)
    {
        var record = entry.Record;
        if (record.Lease == lease || record.DecisionId == known.Decision || IsForAll(record))
        {
            return Take.Keep;
        }

        if (record.Lease.Length > 0 || record.Task != known.Task || RecordOwner.Of(record) != known.Workload)
        {
            return Take.Leave;
        }

        return record.Type switch
        {
            // Of a later task of the same id nothing follows.
            AuditEventType.TaskStarted => entry.Time <= known.Time ? Take.KeepAsFirst : Take.Leave,
            AuditEventType.Decided => record.Outcome == "renewal" ? Take.Keep : Take.Leave,
            AuditEventType.TaskEnded or AuditEventType.ApprovalRequested or AuditEventType.ApprovalVoted or AuditEventType.ApprovalUsed => Take.Keep,
            _ => Take.Leave,
        };
    }

    // What tasks and leases ended by, or were decided by, that names none of them.
    private static bool IsForAll(AuditRecord record) =>
        record.Type is AuditEventType.Killed or AuditEventType.Quarantined or AuditEventType.PolicyLoaded;

    private static Take TakeForTask(AuditRecord record, string task, string workload) => record switch
    {
        _ when IsForAll(record) => Take.Keep,
        _ when record.Task != task || (workload.Length > 0 && RecordOwner.Of(record) != workload) => Take.Leave,
        { Type: AuditEventType.TaskStarted } => Take.KeepAsFirst,
        _ => Take.Keep,
    };
}
