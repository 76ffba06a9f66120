using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Intents.Delegations;

/// <summary>
/// Where delegations are kept, by the store of tasks and leases. Each operation is durable when it returns and safe to repeat. A delegation
/// stands in two shards: in its delegator's, that the task gave it, and in its delegate's, what it allows. It is written in that order,
/// and ended in that order, so that whoever finds the first can always reach the second.
/// </summary>
internal interface IDelegationStore
{
    /// <summary>
    /// Writes it down as long as its task is open. Its id, its chain and its terms are the caller's to have checked. One that was ended
    /// before it got here stays ended.
    /// </summary>
    /// <param name="delegation">What is given; its <see cref="Delegation.CreateTime"/> is the caller's, by the store's clock.</param>
    /// <param name="maxPerTask">How many one task may have given that have not ended for good.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<GiveDelegationResult> GiveDelegationAsync(Delegation delegation, int maxPerTask, CancellationToken cancellationToken);

    ValueTask<Delegation?> FindDelegationAsync(DelegationId id, CancellationToken cancellationToken);

    /// <summary>What a workload has given, or was given, those that ended too as long as they are kept: the newest first.</summary>
    /// <param name="workload">Whose.</param>
    /// <param name="given">True for what it gave; false for what it was given.</param>
    /// <param name="pageSize">How many at most; at least 1.</param>
    /// <param name="pageToken">Empty, or the page's before.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<DelegationPage> ListDelegationsAsync(
        WorkloadId workload, bool given, int pageSize, DelegationPageToken? pageToken, CancellationToken cancellationToken);

    /// <summary>The tasks that were started under it and have not ended.</summary>
    ValueTask<IReadOnlyList<TaskKey>> ListDelegatedTasksAsync(DelegationId id, CancellationToken cancellationToken);

    /// <summary>What a task has given and was not yet ended with all that is beneath it.</summary>
    ValueTask<IReadOnlyList<DelegationId>> ListGivenAsync(TaskKey task, CancellationToken cancellationToken);

    /// <summary>
    /// Counts a use, if it holds and has one left. Safe to repeat at once; repeated after another use it counts twice, never less
    /// than once.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="use">Names the use.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<UseDelegationStatus> UseDelegationAsync(DelegationId id, string use, CancellationToken cancellationToken);

    /// <summary>Puts other terms in place of those that were read as of a version.</summary>
    ValueTask<NarrowDelegationResult> NarrowDelegationAsync(
        DelegationId id, long version, DelegationTerms terms, CancellationToken cancellationToken);

    /// <summary>Notes a change at the delegator's: from here on a sweep brings to its end what the caller does not.</summary>
    ValueTask BeginDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken);

    /// <summary>
    /// Ends it at the delegate's: no task is started under it any more, and none comes after those that
    /// <see cref="ListDelegatedTasksAsync"/> then tells of. Also one that has not got there yet.
    /// </summary>
    /// <returns>Whether this call ended it.</returns>
    ValueTask<bool> EndDelegationAsync(DelegationId id, CancellationToken cancellationToken);

    /// <summary>Forgets the note: all that is beneath has followed.</summary>
    ValueTask FinishDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="max"/> of a shard's changes that have begun and are not finished.</summary>
    ValueTask<IReadOnlyList<DelegationChangeNote>> ListDelegationChangesAsync(int shard, int max, CancellationToken cancellationToken);

    /// <summary>Lets a lease end no later than this, whatever is renewed afterwards. Returns it as it now is; null when unknown.</summary>
    ValueTask<Lease?> CapLeaseAsync(LeaseId id, DateTimeOffset until, CancellationToken cancellationToken);
}
