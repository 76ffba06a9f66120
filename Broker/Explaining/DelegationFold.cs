using SecretsBroker.Audit;

namespace SecretsBroker.Explaining;

/// <summary>Delegations, from their own records and from those of what was done under them.</summary>
internal static class DelegationFold
{
    /// <param name="under">A record of something that was done under a delegation.</param>
    /// <param name="entries">With the delegation's own, where they were found.</param>
    /// <returns>Null when it was done under none.</returns>
    public static ExplainedDelegation? Of(AuditRecord under, IReadOnlyCollection<AuditEntry> entries)
    {
        if (under.Delegation.Length == 0)
        {
            return null;
        }

        var own = entries.Where(entry => entry.Record.Delegation == under.Delegation).ToList();
        // As it was last: it can only have become narrower.
        var terms = own.LastOrDefault(entry => entry.Record.Type is AuditEventType.DelegationCreated or AuditEventType.DelegationNarrowed)?.Record;
        var ended = own.FirstOrDefault(entry => entry.Record.Type == AuditEventType.DelegationEnded);
        return new ExplainedDelegation
        {
            Id = under.Delegation,
            Chain = under.DelegationChain,
            RootTask = under.RootTask,
            RootPurpose = under.RootPurpose,
            RootInitiator = under.RootInitiator,
            RootIntent = under.RootIntent,
            Delegate = terms?.Delegate ?? "",
            Actions = terms?.DelegatedActions ?? [],
            Resources = terms?.DelegatedResources ?? [],
            ExpireTime = terms?.ExpireTime,
            CreateTime = own.FirstOrDefault(entry => entry.Record.Type == AuditEventType.DelegationCreated)?.Time,
            EndTime = ended?.Record.EndTime ?? ended?.Time,
            EndReason = ended?.Record.Reason ?? "",
        };
    }

    /// <summary>Those that a task gave.</summary>
    public static IEnumerable<ExplainedDelegation> Given(IReadOnlyCollection<AuditEntry> own) => own
        .Where(entry => entry.Record.Type == AuditEventType.DelegationCreated)
        .Select(entry => Of(entry.Record, own)!);
}
