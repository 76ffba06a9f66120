using System.Collections.Frozen;
using SecretsBroker.Audit;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Explaining;

/// <summary>What kill orders say that covers a lease.</summary>
internal static class LeaseSelectors
{
    /// <param name="record">Of the lease.</param>
    /// <param name="around">With the giving of the delegation that it was issued under, where that was found.</param>
    /// <returns>In the words of <see cref="AuditRecord.Selector"/>; without the tasks in between that no record names.</returns>
    public static FrozenSet<string> Of(AuditRecord record, IReadOnlyCollection<AuditEntry> around) => KillSelector
        .Covering(record.Workload, record.Task, record.Initiator, record.Grant, record.Engine, record.Target, record.Resource)
        .Concat(Above(record, around))
        .Select(selector => selector.ToString())
        .ToFrozenSet(StringComparer.Ordinal);

    // A record of the lease names the workloads above and the root's task; that of the nearest delegation the task that gave it.
    private static IEnumerable<KillSelector> Above(AuditRecord record, IReadOnlyCollection<AuditEntry> around)
    {
        if (record.DelegationChain is not [var root, ..])
        {
            return [];
        }

        var given = around.Select(entry => entry.Record)
            .Where(other => other.Type == AuditEventType.DelegationCreated && other.Delegation == record.Delegation)
            .Select(other => OfTask(other.Workload, other.Task));
        return record.DelegationChain.Select(workload => new KillSelector(KillScope.Workload, workload))
            .Append(OfTask(root, record.RootTask))
            .Concat(given);
    }

    private static KillSelector OfTask(string owner, string task) => new(KillScope.Task, $"{owner} {task}");
}
