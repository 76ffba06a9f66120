using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Behaviour;

/// <summary>
/// Where the levels of each workload's signals are kept, for all brokers of a store together. They decay by the store's clock. Kept by the
/// lease store; failures are <see cref="StoreException"/>s. Unlike the lease store's own operations, adding counts twice
/// when it is repeated, so nobody repeats it.
/// </summary>
internal interface ISignalStore
{
    /// <summary>How many resources of a workload are remembered at most; the one asked for longest ago makes room.</summary>
    const int MaxResources = 128;

    /// <summary>After so many half-lives without a signal a workload is forgotten: what is left of a million is less than one.</summary>
    const int HalfLivesKept = 20;

    /// <summary>Adds what has happened to what is left of before, each workload by itself: what fails for one is no failure for another.</summary>
    /// <param name="deltas">Each workload once.</param>
    /// <param name="halfLife">At least a millisecond.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What became of each, in order.</returns>
    ValueTask<IReadOnlyList<SignalWrite>> AddSignalsAsync(
        IReadOnlyList<SignalDelta> deltas, TimeSpan halfLife, CancellationToken cancellationToken);

    /// <summary>The levels as they are now; all zero for a workload that nothing is known of.</summary>
    ValueTask<SignalLevels> ReadSignalsAsync(WorkloadId workload, TimeSpan halfLife, CancellationToken cancellationToken);

    /// <summary>Forgets what is known of a workload.</summary>
    ValueTask ForgetSignalsAsync(WorkloadId workload, CancellationToken cancellationToken);
}
