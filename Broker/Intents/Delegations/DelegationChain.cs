using SecretsBroker.Identity;

namespace SecretsBroker.Intents.Delegations;

/// <summary>Through whom a task came to its owner, from the root task down. Never changes for a task, nor for what is issued for it.</summary>
/// <param name="Root">What it is all for.</param>
/// <param name="Links">Each delegation with the task that it was given for; the first one's is the root task. At least one.</param>
internal sealed record DelegationChain(RootIntent Root, IReadOnlyList<DelegationLink> Links)
{
    /// <summary>The nearest one: the delegation under which the task was started.</summary>
    public DelegationId Id => Links[^1].Delegation;

    public TaskKey RootTask => Links[0].Task;

    public DelegationFacts Facts => new(
        [.. Links.Select(link => link.Task.Owner)], RootTask.Id, Root.Purpose, Root.Initiator, Id.Value, Root.Hash);

    public bool Equals(DelegationChain? other) => other is not null && Root == other.Root && Links.SequenceEqual(other.Links);

    public override int GetHashCode() => HashCode.Combine(Root, Links.Count);
}

/// <param name="Delegation">Which.</param>
/// <param name="Task">The task that it was given for.</param>
internal readonly record struct DelegationLink(DelegationId Delegation, TaskKey Task);

/// <summary>What of a chain policy is shown and the audit log keeps.</summary>
/// <param name="Chain">The workloads above, the root task's owner first, the direct delegator last. At least one.</param>
/// <param name="RootTask">The root task's id.</param>
/// <param name="RootPurpose">What the root task is for.</param>
/// <param name="RootInitiator">On whose behalf, as the root task says; empty when it does not.</param>
/// <param name="Delegation">The nearest delegation; empty in a question that was thought up.</param>
/// <param name="RootHash">Of the root intent; empty in a question that was thought up.</param>
internal sealed record DelegationFacts(
    IReadOnlyList<WorkloadId> Chain, TaskId RootTask, string RootPurpose, string RootInitiator, string Delegation = "", string RootHash = "")
{
    public bool Equals(DelegationFacts? other) =>
        other is not null
        && Chain.SequenceEqual(other.Chain)
        && (RootTask, RootPurpose, RootInitiator, Delegation, RootHash)
            == (other.RootTask, other.RootPurpose, other.RootInitiator, other.Delegation, other.RootHash);

    public override int GetHashCode() => HashCode.Combine(Chain.Count, RootTask, RootPurpose);
}
