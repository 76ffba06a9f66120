using System.Collections.Frozen;
using SecretsBroker.Audit;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Explaining;

/// <summary>What kill orders say that covers a lease.</summary>
internal static class LeaseSelectors
{
    /// <param name="record">Of the lease.</param>
    /// <returns>In the words of <see cref="AuditRecord.Selector"/>.</returns>
    public static FrozenSet<string> Of(AuditRecord record) => KillSelector
        .Covering(record.Workload, record.Task, record.Initiator, record.Grant, record.Engine, record.Target, record.Resource)
        .Select(selector => selector.ToString())
        .ToFrozenSet(StringComparer.Ordinal);
}
