using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases;

internal enum StartTaskStatus
{
    Started,

    /// <summary>An open task of that id with the same <see cref="TaskContent"/>: the call is a repetition.</summary>
    Repeated,

    /// <summary>The id is taken by a task that ended or whose time is over, or by one with another content.</summary>
    Conflict,

    /// <summary>The delegation that it names has ended, or its time is over, or there is none of that id.</summary>
    DelegationOver,
}

/// <param name="Status">What happened.</param>
/// <param name="Task">The task as it is; null when there is none.</param>
internal readonly record struct StartTaskResult(StartTaskStatus Status, AgentTask? Task);

internal enum EndTaskStatus
{
    Ended,
    AlreadyEnded,
    NotFound,
}

/// <param name="Status">What happened.</param>
/// <param name="Task">The task as it now is; null when not found.</param>
/// <param name="Leases">Its leases that are not yet <see cref="LeaseState.Revoked"/>.</param>
/// <param name="Delegations">What it has given; it is noted that they are to be ended (<see cref="IDelegationStore.ListDelegationChangesAsync"/>).</param>
internal readonly record struct EndTaskResult(
    EndTaskStatus Status, AgentTask? Task, IReadOnlyList<Lease> Leases, IReadOnlyList<DelegationId> Delegations);

/// <summary>An open lifeline to be kept alive for another grace period.</summary>
internal readonly record struct Lifeline(TaskKey Task, TimeSpan Grace);

/// <param name="Task">Which.</param>
/// <param name="Found">False when the store knows no such task.</param>
/// <param name="Outcome">Null while it is open; <see cref="TaskOutcome.Lost"/> as soon as its time is over.</param>
/// <param name="Revision">See <see cref="AgentTask.Revision"/>.</param>
internal readonly record struct TaskBeat(TaskKey Task, bool Found, TaskOutcome? Outcome, long Revision);

internal enum ReserveStatus
{
    Reserved,
    TaskNotFound,
    TaskEnded,
    WorkloadQuota,
    TaskQuota,
    RateLimit,
    Killed,

    /// <summary><see cref="Reservation.LatestExpireTime"/> is reached.</summary>
    TooLate = 8,
}

/// <param name="Status">What happened.</param>
/// <param name="Lease">The reservation; null unless <see cref="ReserveStatus.Reserved"/>.</param>
/// <param name="Replaced">The earlier lease of the same request id that this step ended; null when there was none to end.</param>
/// <param name="KillOrder">The id of the kill order that stands against it; empty otherwise.</param>
internal readonly record struct ReserveResult(ReserveStatus Status, Lease? Lease, Lease? Replaced, string KillOrder);

internal enum ActivateStatus
{
    Activated,

    /// <summary>It ended meanwhile, or a kill order covers it; it is due now, and the issuer has to undo what it made.</summary>
    Refused,

    /// <summary>The store does not know it (any more).</summary>
    NotFound,
}

internal readonly record struct ActivateResult(ActivateStatus Status, Lease? Lease);

internal enum RenewStatus
{
    Renewed,

    /// <summary>It already lasts as long as it may; nothing changed.</summary>
    AtMaximum,

    /// <summary>Not active any more, or a kill order covers it.</summary>
    NotActive,
    NotFound,
}

internal readonly record struct RenewResult(RenewStatus Status, Lease? Lease);

internal enum MarkGoneStatus
{
    Marked,

    /// <summary>An issue call may still be under way: the lease was put back until <see cref="Lease.SettleTime"/>.</summary>
    NotSettled,

    /// <summary>The claim was given back or taken over.</summary>
    ClaimLost,
}

internal readonly record struct MarkGoneResult(MarkGoneStatus Status, Lease? Lease);

/// <summary>One target's share of one shard.</summary>
/// <param name="Target">The target's name in the catalogue of the time.</param>
/// <param name="Live">Leases that are not <see cref="LeaseState.Revoked"/>.</param>
/// <param name="Due">How many of them should be looked at now.</param>
/// <param name="OldestDue">Since when the oldest of them is due; null when none is.</param>
/// <param name="Stuck">Those put back as stuck.</param>
internal readonly record struct TargetBacklog(string Target, long Live, long Due, DateTimeOffset? OldestDue, long Stuck)
{
    /// <summary>Those whose revocation failed, that wait until they are tried again.</summary>
    public long Waiting { get; init; }

    /// <summary>Since when the oldest of those whose revocation failed should be gone; null when none did.</summary>
    public DateTimeOffset? OldestOwed { get; init; }

    /// <summary>What should be gone and is not; but for what is being worked on for the first time.</summary>
    public long Debt => Due + Waiting;

    /// <summary>Since when the oldest of the debt is owed; null when there is none.</summary>
    public DateTimeOffset? OldestDebt => OldestOwed is { } owed && (OldestDue is not { } due || owed < due) ? owed : OldestDue;
}

internal readonly record struct LeasePage(IReadOnlyList<Lease> Leases, string NextPageToken);

/// <param name="Lease">Pending or active when it was read.</param>
/// <param name="Basis">What it was allowed on; null when that was not kept.</param>
internal readonly record struct LiveLease(Lease Lease, DecisionBasis? Basis);

/// <summary>One page of what has not ended.</summary>
/// <param name="Leases">In no particular order.</param>
/// <param name="NextCursor">Null after the last page.</param>
internal readonly record struct LivePage(IReadOnlyList<LiveLease> Leases, string? NextCursor);

/// <summary>One page of ending what a selector covers.</summary>
/// <param name="Ended">Those that this page ended.</param>
/// <param name="EndedBefore">Those that it covers, that had ended before and are not yet <see cref="LeaseState.Revoked"/>.</param>
/// <param name="NextCursor">Null after the last page.</param>
internal readonly record struct EndPage(IReadOnlyList<Lease> Ended, IReadOnlyList<Lease> EndedBefore, string? NextCursor);

/// <summary>A fault of the store's set-up.</summary>
/// <param name="Refuse">Whether the broker must not start with it.</param>
/// <param name="Text">What is wrong and what to set.</param>
/// <param name="MayForget">A write that was answered may be gone after a crash, as far as can be seen.</param>
internal readonly record struct StoreFinding(bool Refuse, string Text, bool MayForget = false);
