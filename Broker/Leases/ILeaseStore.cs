using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Leases;

/// <summary>
/// Where leases, tasks and kill orders are kept. Each operation is atomic and durable when it returns, safe to repeat, and decides
/// by the store's own clock. Failures are <see cref="StoreException"/>s: after one, the operation may or may not have taken effect.
/// </summary>
/// <remarks>
/// A lease that ends (see <see cref="EndCause"/>) becomes <see cref="LeaseState.Revoking"/> and is due at once; but a
/// <see cref="LeaseState.Pending"/> one is due only at its <see cref="Lease.SettleTime"/>, because its issuer may still be creating it;
/// the issuer itself makes it due earlier, with <see cref="ActivateAsync"/> (refused) or <see cref="AbandonAsync"/>.
/// The first cause stands: ending what has ended changes nothing. Time is a cause like any other: whatever ends a lease after its
/// <see cref="Lease.ExpireTime"/> (a Pending one: after its <see cref="Lease.IssueDeadline"/>) finds that it ended then, as
/// <see cref="EndCause.Expired"/> (<see cref="EndCause.Abandoned"/>). An instant is reached, not passed: at its deadline it is over.
/// <para>
/// A task whose lifetime or lifeline is over is lost for good, also before <see cref="EndLostTasksAsync"/> writes it down:
/// it takes no reservation and no beat any more. Only how it ended may still be said, with <see cref="EndTaskAsync"/>.
/// </para>
/// <para>Instants and durations are kept in whole milliseconds; fractions are cut off.</para>
/// </remarks>
internal interface ILeaseStore : IAsyncDisposable
{
    /// <summary>Into how many shards leases are spread, by their owner. 1 to 256; never changes for a store's data.</summary>
    int ShardCount { get; }

    /// <summary>Looks whether the store is set up so that the promises can be kept. Empty when all is well.</summary>
    ValueTask<IReadOnlyList<StoreFinding>> CheckAsync(CancellationToken cancellationToken);

    /// <summary>The store's clock; also the cheapest proof that it can be reached.</summary>
    ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken);

    // ---- tasks

    /// <summary>
    /// Opens a task that ends as lost after <paramref name="lifetime"/>, or with the delegation that it is started under, which has to hold in
    /// this same step.
    /// </summary>
    ValueTask<StartTaskResult> StartTaskAsync(TaskKey key, TaskContent content, TimeSpan lifetime, CancellationToken cancellationToken);

    ValueTask<AgentTask?> FindTaskAsync(TaskKey key, CancellationToken cancellationToken);

    /// <summary>The task's leases that are not yet <see cref="LeaseState.Revoked"/>.</summary>
    ValueTask<IReadOnlyList<Lease>> ListTaskLeasesAsync(TaskKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Moves each open task's lifeline deadline to now + its grace, and says how each task is. One answer a question, in order.
    /// Does not count as a change (<see cref="AgentTask.Revision"/>).
    /// </summary>
    ValueTask<IReadOnlyList<TaskBeat>> KeepAliveAsync(IReadOnlyList<Lifeline> lifelines, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a task and, in the same step, all its leases with the cause that belongs to the outcome; and notes that what it has delegated is
    /// to be ended.
    /// </summary>
    ValueTask<EndTaskResult> EndTaskAsync(TaskKey key, TaskOutcome outcome, CancellationToken cancellationToken);

    /// <summary>
    /// Ends as <see cref="TaskOutcome.Lost"/> up to <paramref name="max"/> open tasks whose lifeline or lifetime is over. They and
    /// their leases ended at the moment when it was over, not when this call found out.
    /// </summary>
    ValueTask<IReadOnlyList<EndTaskResult>> EndLostTasksAsync(int shard, int max, CancellationToken cancellationToken);

    // ---- the way of a lease

    /// <summary>
    /// Checks task, kill orders, quotas (in that order, the quotas as <see cref="ReserveStatus"/> lists them), then writes a
    /// <see cref="LeaseState.Pending"/> lease under a new id. The latest lease of the same owner, task and request id that is not yet
    /// revoked is ended as <see cref="EndCause.Replaced"/> in the same step, and does not count against the quotas. A refusal
    /// changes nothing: it ends no lease and spends nothing of the rate.
    /// </summary>
    ValueTask<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken cancellationToken);

    /// <summary>
    /// Pending → Active, if it has not ended, its issue deadline is not past and no kill order covers it. In any case records that the
    /// issue call came back, and its handle: <see cref="Lease.SettleTime"/> is now. When refused, the lease is Revoking (opened again if
    /// it was already Revoked) and due now; a claim that was under way and a proof that was noted are void, since they may be older
    /// than what was created (<see cref="Lease.TakenOver"/>, <see cref="Lease.Reopened"/>). Repeated on an Active lease it changes nothing, unless that has expired or is covered: then it is refused.
    /// </summary>
    ValueTask<ActivateResult> ActivateAsync(LeaseId id, string handle, CancellationToken cancellationToken);

    /// <summary>
    /// The issuer gives up: the lease is Revoking (opened again if it was already Revoked) and due now, whatever it was before.
    /// A claim that was under way and a proof that was noted are void.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="cause">Stands if the lease had not ended before.</param>
    /// <param name="settled">True when the issue call is known to have come back or was never made; false leaves the settle time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The lease as it now is; null when unknown.</returns>
    ValueTask<Lease?> AbandonAsync(LeaseId id, EndCause cause, bool settled, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the end to <paramref name="expireTime"/>, by the store's clock, never earlier than it was, never past the maximum. A lease
    /// that it cannot renew is left as it is.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="expireTime">The end that is wanted.</param>
    /// <param name="basis">What the renewal was allowed on, and the lease from now on; null, or too large, leaves what it was.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<RenewResult> RenewAsync(
        LeaseId id, DateTimeOffset expireTime, DecisionBasis? basis, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the end of an active lease to what it was renewed to, by a witness other than the store, also when its end is over and nothing has
    /// ended it yet; never earlier, never past the maximum. False when nothing changed.
    /// </summary>
    ValueTask<bool> ProlongAsync(LeaseId id, DateTimeOffset expireTime, CancellationToken cancellationToken);

    /// <summary>Ends one lease. Returns it as it now is; null when unknown.</summary>
    ValueTask<Lease?> EndAsync(LeaseId id, EndCause cause, CancellationToken cancellationToken);

    ValueTask<Lease?> FindLeaseAsync(LeaseId id, CancellationToken cancellationToken);

    /// <summary>
    /// A workload's leases, also the revoked ones that are still kept, newest first: by <see cref="Lease.CreateTime"/>, then by id,
    /// both downwards.
    /// </summary>
    /// <param name="owner">Whose.</param>
    /// <param name="task">Only this task's; null for all.</param>
    /// <param name="pageSize">How many at most; at least 1.</param>
    /// <param name="pageToken">
    /// Empty for the first page, else the token of the page before; it stays good whatever comes and goes meanwhile. What a caller
    /// sent is to be checked with <see cref="LeasePageToken.TryParse"/> before: anything else is an <see cref="ArgumentException"/>.
    /// </param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<LeasePage> ListLeasesAsync(
        WorkloadId owner, TaskId? task, int pageSize, string pageToken, CancellationToken cancellationToken);

    // ---- revocation

    /// <summary>The targets that have leases in this shard. Costs what the number of targets costs, not that of leases.</summary>
    ValueTask<IReadOnlyList<TargetBacklog>> ReadBacklogAsync(int shard, CancellationToken cancellationToken);

    /// <summary>
    /// Claims leases of one target that are due: abandoned reservations, expired leases, ended ones, claims whose holder vanished.
    /// Each becomes Revoking, its fence and attempts grow, and it is not due again before <paramref name="claim"/> is over. Those
    /// that are due for longest come first.
    /// </summary>
    ValueTask<IReadOnlyList<Lease>> ClaimDueAsync(
        int shard, string target, int max, TimeSpan claim, CancellationToken cancellationToken);

    /// <summary>Claims one lease if it is due; null otherwise.</summary>
    ValueTask<Lease?> ClaimAsync(LeaseId id, TimeSpan claim, CancellationToken cancellationToken);

    /// <summary>
    /// Notes the proof that it is gone. The lease stays Revoking, so that it is recorded before it is forgotten. Needs the claim of
    /// that fence, neither given back nor taken over; that its time is over does no harm. The first proof stands. It has to come from
    /// a look that began after <see cref="Lease.SettleTime"/>; the store can only refuse one that is noted before.
    /// </summary>
    ValueTask<MarkGoneResult> MarkGoneAsync(LeaseId id, long fence, string proof, CancellationToken cancellationToken);

    /// <summary>
    /// Revoking, marked gone → Revoked. False when the claim of that fence was given back or taken over, or nothing was marked.
    /// True again when repeated.
    /// </summary>
    ValueTask<bool> FinishAsync(LeaseId id, long fence, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a claim back, to be due again after <paramref name="delay"/>. False when the claim of that fence was given back already
    /// or taken over.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="fence">The claim's.</param>
    /// <param name="delay">Zero or more.</param>
    /// <param name="stuck">Whether to count it as stuck until it is gone.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<bool> PutBackAsync(LeaseId id, long fence, TimeSpan delay, bool stuck, CancellationToken cancellationToken);

    /// <summary>
    /// Makes due now up to <paramref name="max"/> leases of one target whose revocation failed and that wait for their next try
    /// (<see cref="TargetBacklog.Waiting"/>), and says how many. One whose <see cref="Lease.SettleTime"/> is not reached is none of them.
    /// </summary>
    ValueTask<int> PullForwardAsync(int shard, string target, int max, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets up to <paramref name="max"/> revoked leases and ended tasks whose retention is over, and says how many. A task is
    /// kept as long as one of its leases.
    /// </summary>
    ValueTask<int> PurgeAsync(int shard, int max, CancellationToken cancellationToken);

    // ---- asking policy again

    /// <summary>
    /// One page of a shard's leases that have not ended, of all owners; reads at most <paramref name="max"/>. A lease that is live before
    /// the first page and after the last is on one of them. A page may be empty and not the last.
    /// </summary>
    ValueTask<LivePage> ListLiveAsync(int shard, string? cursor, int max, CancellationToken cancellationToken);

    /// <summary>Notes an operator's confirmation, in place of the one before, and returns it with its time.</summary>
    ValueTask<RecheckConfirmation> ConfirmRecheckAsync(string policyHash, string actor, CancellationToken cancellationToken);

    /// <summary>The last confirmation, whichever policies it is for; null when there never was one.</summary>
    ValueTask<RecheckConfirmation?> FindRecheckConfirmationAsync(CancellationToken cancellationToken);

    // ---- kill switch

    /// <summary>
    /// When this returns, every shard knows the order: nothing that it covers is reserved, activated or renewed any more. Returns it
    /// as it stands: an order of the same id that was there before is left as it is.
    /// </summary>
    ValueTask<KillOrder> AddKillOrderAsync(KillOrder order, CancellationToken cancellationToken);

    /// <summary>The standing orders, the oldest first. One whose time is over (<see cref="KillOrder.ExpireTime"/>) stands no more.</summary>
    ValueTask<IReadOnlyList<KillOrder>> ListKillOrdersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The orders whose time is over and that were not lifted: they cover nothing any more, and are kept until
    /// <see cref="LiftKillOrderAsync"/>, so that their end can be recorded first.
    /// </summary>
    ValueTask<IReadOnlyList<KillOrder>> ListExpiredKillOrdersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Finishes an <see cref="AddKillOrderAsync"/> whose broker died or lost the store half-way: when this returns true, every shard
    /// knows the order. False when it does not stand any more; what was lifted is never brought back.
    /// </summary>
    ValueTask<bool> SpreadKillOrderAsync(KillOrder order, CancellationToken cancellationToken);

    /// <summary>Notes that an operator wants an order lifted. Returns it as it stands, with the first proposal; null when there is none of that id.</summary>
    ValueTask<KillOrder?> ProposeKillLiftAsync(string id, string actor, CancellationToken cancellationToken);

    /// <summary>Lifts an order everywhere. False when there is none of that id.</summary>
    ValueTask<bool> LiftKillOrderAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Ends one page of the leases that a selector covers, as <see cref="EndCause.Killed"/>; reads at most <paramref name="max"/>.
    /// A lease that exists before the first page and after the last is on one of them. A page may be empty and not the last.
    /// </summary>
    ValueTask<EndPage> EndMatchingAsync(
        int shard, KillSelector selector, string? cursor, int max, CancellationToken cancellationToken);
}
