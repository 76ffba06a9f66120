using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Intents.Delegations;

/// <summary>
/// A chain as it was read just now, from the root task down to the delegate. What is asked of it holds only if every delegation and every
/// task of it allows it: nothing that was checked when a delegation was given is relied on.
/// </summary>
/// <param name="Chain">What never changes.</param>
/// <param name="Delegations">One a link; null where the store knows it no more.</param>
/// <param name="Tasks">The task that each was given for.</param>
internal sealed record ChainState(DelegationChain Chain, IReadOnlyList<Delegation?> Delegations, IReadOnlyList<AgentTask?> Tasks)
{
    /// <summary>Who may act.</summary>
    public WorkloadId? Delegate => Delegations[^1]?.Delegate;

    /// <summary>How many delegations may follow the last one.</summary>
    public int MoreHops => Known.Select((delegation, i) => delegation.Terms.MoreHops - (Delegations.Count - 1 - i)).Min();

    public bool MayRephrase => Known.All(delegation => delegation.Terms.MayRephrase);

    /// <summary>When the first of all that it depends on ends by its time.</summary>
    public DateTimeOffset Latest => Known.Select(delegation => delegation.Terms.ExpireTime)
        .Concat(Tasks.OfType<AgentTask>().Select(task => task.ExpireTime))
        .Min();

    private IEnumerable<Delegation> Known => Delegations.OfType<Delegation>();

    public bool Contains(string action, string resource) =>
        Known.All(delegation => delegation.Terms.Scope.Contains(action, resource))
        && Tasks.All(task => task?.Scope is not { } scope || scope.Contains(action, resource));

    public bool Contains(IntentScope scope) =>
        Known.All(delegation => delegation.Terms.Scope.Contains(scope))
        && Tasks.All(task => task?.Scope is not { } whole || whole.Contains(scope));

    /// <summary>Whether the chain holds at all.</summary>
    public DelegationFault FaultAt(DateTimeOffset now)
    {
        if (Delegations.Any(delegation => delegation is null || !delegation.Holds(now))
            || Tasks.Any(task => task is null || !task.GoesOn(now)))
        {
            return DelegationFault.Over;
        }

        for (var i = 0; i < Chain.Links.Count; i++)
        {
            // A task id that was used again stands for another task, which was given nothing.
            if (Tasks[i]!.Delegation != (i == 0 ? null : Chain.Links[i - 1].Delegation)
                || (i > 0 && Delegations[i - 1]!.Delegate != Chain.Links[i].Task.Owner))
            {
                return DelegationFault.RootChanged;
            }
        }

        if (RootIntent.HashOf(Tasks[0]!) != Chain.Root.Hash)
        {
            return DelegationFault.RootChanged;
        }

        return MoreHops < 0 ? DelegationFault.TooDeep : DelegationFault.None;
    }

    /// <summary>Whether something may be asked for, by a task that was started under it.</summary>
    /// <param name="action">What for.</param>
    /// <param name="resource">What for.</param>
    /// <param name="purposes">The task's purpose and the intent's.</param>
    /// <param name="now">By the store's clock.</param>
    public DelegationFault FaultOf(string action, string resource, IEnumerable<string> purposes, DateTimeOffset now)
    {
        if (FaultAt(now) is not DelegationFault.None and var fault)
        {
            return fault;
        }

        if (!Contains(action, resource))
        {
            return DelegationFault.OutsideScope;
        }

        return FaultOf(purposes);
    }

    /// <summary>Whether what was said stays within what the root task says.</summary>
    public DelegationFault FaultOf(IEnumerable<string> purposes)
    {
        for (var i = 0; i < Delegations.Count; i++)
        {
            // Of the tasks in between as well, each where the delegation above it does not let the text change.
            var below = Tasks.Skip(i + 1).OfType<AgentTask>().Select(task => task.Purpose).Concat(purposes);
            if (Delegations[i] is { Terms.MayRephrase: false } && below.Any(purpose => purpose != Chain.Root.Purpose))
            {
                return DelegationFault.PurposeChanged;
            }
        }

        return DelegationFault.None;
    }

    /// <summary>Whether a lease lies within it. Its end may be cut, so that is not looked at.</summary>
    public DelegationFault FaultOf(Lease lease, string taskPurpose, DateTimeOffset now) =>
        FaultOf(lease.Action, lease.Resource, [taskPurpose, lease.Purpose], now);
}
