using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>Nothing is delegated in a simulation: there is never a change to be finished, and nothing else is asked.</summary>
internal sealed class NoDelegations : IDelegationStore
{
    public ValueTask<IReadOnlyList<DelegationChangeNote>> ListDelegationChangesAsync(
        int shard, int max, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<DelegationChangeNote>>([]);

    public ValueTask<GiveDelegationResult> GiveDelegationAsync(
        Delegation delegation, int maxPerTask, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Delegation?> FindDelegationAsync(DelegationId id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<DelegationPage> ListDelegationsAsync(
        WorkloadId workload, bool given, int pageSize, DelegationPageToken? pageToken, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<TaskKey>> ListDelegatedTasksAsync(DelegationId id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<DelegationId>> ListGivenAsync(TaskKey task, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<UseDelegationStatus> UseDelegationAsync(DelegationId id, string use, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<NarrowDelegationResult> NarrowDelegationAsync(
        DelegationId id, long version, DelegationTerms terms, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask BeginDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<bool> EndDelegationAsync(DelegationId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask FinishDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<Lease?> CapLeaseAsync(LeaseId id, DateTimeOffset until, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
