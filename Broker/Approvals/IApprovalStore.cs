using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Approvals;

/// <summary>
/// Where requests for approvals and reviews are kept, in the same store as leases and with the same promises: each operation is atomic, durable
/// when it returns, safe to repeat, and decides by the store's clock. Failures are <see cref="StoreException"/>s.
/// </summary>
internal interface IApprovalStore
{
    /// <summary>For a request of that workload. Nothing is stored by it.</summary>
    ApprovalId NewApprovalId(WorkloadId owner);

    /// <summary>
    /// Parks a request. While an earlier one of the same workload with the same subject has not ended — pending, approved and not used, or
    /// rejected a short while ago — that one is returned instead.
    /// </summary>
    /// <param name="approval">State and times are set by the store.</param>
    /// <param name="limits">How long it waits, and how many of a workload may.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>As it is; null when the workload has as many as it may.</returns>
    ValueTask<Approval?> ParkAsync(Approval approval, ApprovalLimits limits, CancellationToken cancellationToken);

    /// <summary>The one that <see cref="ParkAsync"/> would return instead of a new one; null when there is none.</summary>
    ValueTask<Approval?> FindParkedAsync(WorkloadId owner, string subjectHash, CancellationToken cancellationToken);

    /// <summary>Null when unknown, or forgotten some time after its end.</summary>
    ValueTask<Approval?> FindAsync(ApprovalId id, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a vote to a pending request, if no other was added since the caller looked, and moves it on to what the caller says that it
    /// becomes by that.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="votesSeen">How many votes it had when the caller counted.</param>
    /// <param name="vote">Its time is set by the store.</param>
    /// <param name="next">Pending, approved or rejected.</param>
    /// <param name="useWithin">How long it may be used once approved.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<VoteStatus> VoteAsync(
        ApprovalId id, int votesSeen, ApprovalVote vote, ApprovalState next, TimeSpan useWithin, CancellationToken cancellationToken);

    /// <summary>
    /// Uses an approved request up. True for one user only, at whatever broker; true again when that one repeats it.
    /// </summary>
    /// <param name="id">Which.</param>
    /// <param name="subjectHash">What it is used for; another one than was approved uses nothing up.</param>
    /// <param name="user">The decision that it is used for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<bool> UseAsync(ApprovalId id, string subjectHash, string user, CancellationToken cancellationToken);

    /// <summary>The pending ones of all workloads, up to <paramref name="max"/>, those that end first before the others.</summary>
    ValueTask<IReadOnlyList<Approval>> ListPendingAsync(int max, CancellationToken cancellationToken);

    // ---- reviews

    /// <summary>Opens a review. One of the same id that is open is left as it is. Returns it as it stands.</summary>
    ValueTask<Review> OpenReviewAsync(Review review, CancellationToken cancellationToken);

    /// <summary>The open ones, up to <paramref name="max"/>, the oldest first.</summary>
    ValueTask<IReadOnlyList<Review>> ListReviewsAsync(int max, CancellationToken cancellationToken);

    ValueTask<Review?> FindReviewAsync(string id, CancellationToken cancellationToken);

    /// <summary>False when none of that id is open.</summary>
    ValueTask<bool> CloseReviewAsync(string id, CancellationToken cancellationToken);

    /// <summary>How many requests are pending, and how many reviews open.</summary>
    ValueTask<ApprovalTally> CountAsync(CancellationToken cancellationToken);
}

/// <param name="Pending">How long a request waits to be decided.</param>
/// <param name="MaxPerWorkload">How many requests of one workload may be kept that have not ended.</param>
internal readonly record struct ApprovalLimits(TimeSpan Pending, int MaxPerWorkload);

internal readonly record struct ApprovalTally(long Pending, long OpenReviews);

internal enum VoteStatus
{
    Counted,

    /// <summary>Somebody else voted meanwhile: look again.</summary>
    Changed,

    /// <summary>It is decided, or its time is over, or it is not known.</summary>
    NotPending,
}
