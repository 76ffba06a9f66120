using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Intents.Delegations;

/// <summary>What the audit log says of delegations.</summary>
internal static class DelegationRecords
{
    public static AuditRecord Created(Delegation delegation, Workload giver, string sourceAddress) =>
        Of(delegation, $"{delegation.Id}/created", AuditEventType.DelegationCreated) with
        {
            Authentication = giver.Method.ToString(),
            SourceAddress = sourceAddress,
        };

    public static AuditRecord Narrowed(Delegation delegation, Workload giver, string sourceAddress) =>
        Of(delegation, $"{delegation.Id}/narrowed/{delegation.Version}", AuditEventType.DelegationNarrowed) with
        {
            Authentication = giver.Method.ToString(),
            SourceAddress = sourceAddress,
        };

    /// <param name="delegation">As it was given.</param>
    /// <param name="reason">Who or what ended it.</param>
    public static AuditRecord Ended(Delegation delegation, string reason) =>
        Of(delegation, EndedId(delegation.Id), AuditEventType.DelegationEnded) with { Reason = reason, EndTime = delegation.EndTime };

    /// <summary>Under one id however often its end is brought to an end.</summary>
    public static string EndedId(DelegationId id) => $"{id}/ended";

    /// <summary>That something was asked for that lies outside what may be delegated, or what was.</summary>
    /// <param name="workload">Who asked.</param>
    /// <param name="task">For which task; empty for one that was not opened.</param>
    /// <param name="delegation">Which was named, or would have been given; empty when it did not get that far.</param>
    /// <param name="delegate">Who was to be given it; null when something was to be done under it.</param>
    /// <param name="fault">Why not.</param>
    /// <param name="sourceAddress">Where from.</param>
    public static AuditRecord Refused(
        Workload workload, string task, string delegation, WorkloadId? @delegate, DelegationFault fault, string sourceAddress) => new()
    {
        Id = $"{Policy.Decision.NewId()}/delegation-refused",
        Type = AuditEventType.DelegationRefused,
        Workload = workload.Id.Value,
        Authentication = workload.Method.ToString(),
        Task = task,
        Delegation = delegation,
        Delegate = @delegate?.Value ?? "",
        Reason = DelegationFaultText.Of(fault),
        SourceAddress = sourceAddress,
        TraceId = BrokerTracing.CurrentTraceId,
    };

    /// <summary>Through whom a record's workload came to its task.</summary>
    public static AuditRecord Under(this AuditRecord record, DelegationFacts? facts) => facts is null ? record : record with
    {
        Delegation = facts.Delegation,
        DelegationChain = [.. facts.Chain.Select(workload => workload.Value)],
        RootTask = facts.RootTask.Value,
        RootPurpose = facts.RootPurpose,
        RootInitiator = facts.RootInitiator,
        RootIntent = facts.RootHash,
    };

    private static AuditRecord Of(Delegation delegation, string id, AuditEventType type)
    {
        var terms = delegation.Terms;
        return new AuditRecord
        {
            Id = id,
            Type = type,
            Workload = delegation.Delegator.Value,
            Task = delegation.Task.Id.Value,
            Delegate = delegation.Delegate.Value,
            DelegatedActions = terms.Scope.Actions,
            DelegatedResources = terms.Scope.Resources,
            ExpireTime = terms.ExpireTime,
            MaxUses = terms.MaxUses,
            MoreHops = terms.MoreHops,
            MayRephrase = terms.MayRephrase,
            TraceId = BrokerTracing.CurrentTraceId,
        }.Under(delegation.Chain.Facts);
    }
}
