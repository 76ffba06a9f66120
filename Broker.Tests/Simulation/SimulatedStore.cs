using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>One process's way to the lease store. What the store does is told to those who watch over the promises.</summary>
internal sealed class SimulatedStore(World world, BrokerProcess process, Wire wire) : ILeaseStore
{
    private readonly ILeaseStore _store = world.Store;
    private readonly Promises _promises = world.Promises;

    public int ShardCount => _store.ShardCount;

    public ValueTask<IReadOnlyList<StoreFinding>> CheckAsync(CancellationToken cancellationToken) => _store.CheckAsync(cancellationToken);

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreGetTime, () => _store.GetTimeAsync(default), cancellationToken);

    public ValueTask<StartTaskResult> StartTaskAsync(
        TaskKey key, TaskContent content, TimeSpan lifetime, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreStartTask, () => _store.StartTaskAsync(key, content, lifetime, default), cancellationToken);

    public ValueTask<AgentTask?> FindTaskAsync(TaskKey key, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreFindTask, () => _store.FindTaskAsync(key, default), cancellationToken);

    public ValueTask<IReadOnlyList<Lease>> ListTaskLeasesAsync(TaskKey key, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreListLeases, () => _store.ListTaskLeasesAsync(key, default), cancellationToken);

    public ValueTask<IReadOnlyList<TaskBeat>> KeepAliveAsync(IReadOnlyList<Lifeline> lifelines, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreKeepAlive, () => _store.KeepAliveAsync(lifelines, default), cancellationToken);

    public ValueTask<EndTaskResult> EndTaskAsync(TaskKey key, TaskOutcome outcome, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreEndTask,
        () => _store.EndTaskAsync(key, outcome, default),
        cancellationToken,
        result => _promises.Touch(result.Leases));

    public ValueTask<IReadOnlyList<EndTaskResult>> EndLostTasksAsync(int shard, int max, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreEndLostTasks,
        () => _store.EndLostTasksAsync(shard, max, default),
        cancellationToken,
        results =>
        {
            foreach (var result in results)
            {
                world.Tally.Saw(Sight.TaskLost);
                _promises.Touch(result.Leases);
            }
        });

    public ValueTask<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreReserve,
        () => _store.ReserveAsync(reservation, default),
        cancellationToken,
        result => _promises.Reserved(reservation, result));

    public ValueTask<ActivateResult> ActivateAsync(LeaseId id, string handle, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreActivate, () => _store.ActivateAsync(id, handle, default), cancellationToken, _promises.Activated);

    public ValueTask<Lease?> AbandonAsync(LeaseId id, EndCause cause, bool settled, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreAbandon, () => _store.AbandonAsync(id, cause, settled, default), cancellationToken, _promises.Voided);

    public ValueTask<RenewResult> RenewAsync(
        LeaseId id, DateTimeOffset expireTime, DecisionBasis? basis, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreRenew, () => _store.RenewAsync(id, expireTime, basis, default), cancellationToken, _promises.Renewed);

    public ValueTask<Lease?> EndAsync(LeaseId id, EndCause cause, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreEnd, () => _store.EndAsync(id, cause, default), cancellationToken, lease => _promises.Touch(lease?.Id));

    public ValueTask<Lease?> FindLeaseAsync(LeaseId id, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreFindLease, () => _store.FindLeaseAsync(id, default), cancellationToken);

    public ValueTask<LeasePage> ListLeasesAsync(
        WorkloadId owner, TaskId? task, int pageSize, string pageToken, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreListLeases, () => _store.ListLeasesAsync(owner, task, pageSize, pageToken, default), cancellationToken);

    public ValueTask<IReadOnlyList<TargetBacklog>> ReadBacklogAsync(int shard, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreReadBacklog, () => _store.ReadBacklogAsync(shard, default), cancellationToken);

    public ValueTask<IReadOnlyList<Lease>> ClaimDueAsync(
        int shard, string target, int max, TimeSpan claim, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreClaimDue,
        () => _store.ClaimDueAsync(shard, target, max, claim, default),
        cancellationToken,
        leases =>
        {
            foreach (var lease in leases)
            {
                Claimed(lease, claim);
            }
        });

    public ValueTask<Lease?> ClaimAsync(LeaseId id, TimeSpan claim, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreClaim, () => _store.ClaimAsync(id, claim, default), cancellationToken, lease => Claimed(lease, claim));

    public ValueTask<MarkGoneResult> MarkGoneAsync(LeaseId id, long fence, string proof, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreMarkGone,
        () => _store.MarkGoneAsync(id, fence, proof, default),
        cancellationToken,
        result => _promises.MarkedGone(id, fence, result));

    public ValueTask<bool> FinishAsync(LeaseId id, long fence, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreFinish,
        () => _store.FinishAsync(id, fence, default),
        cancellationToken,
        done => _promises.Finished(id, fence, done));

    public ValueTask<bool> PutBackAsync(LeaseId id, long fence, TimeSpan delay, bool stuck, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StorePutBack,
        () => _store.PutBackAsync(id, fence, delay, stuck, default),
        cancellationToken,
        done => _promises.PutBack(id, fence, done));

    public ValueTask<int> PullForwardAsync(int shard, string target, int max, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StorePullForward, () => _store.PullForwardAsync(shard, target, max, default), cancellationToken);

    public ValueTask<bool> ProlongAsync(LeaseId id, DateTimeOffset expireTime, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<int> PurgeAsync(int shard, int max, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<KillOrder> AddKillOrderAsync(KillOrder order, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreAddKillOrder,
        () => world.Sabotage == Sabotage.DeafStore ? new ValueTask<KillOrder>(order) : _store.AddKillOrderAsync(order, default),
        cancellationToken,
        _promises.KillOrderAdded);

    public ValueTask<IReadOnlyList<KillOrder>> ListKillOrdersAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<KillOrder>> ListExpiredKillOrdersAsync(CancellationToken cancellationToken) =>
        _store.ListExpiredKillOrdersAsync(cancellationToken);

    public ValueTask<bool> SpreadKillOrderAsync(KillOrder order, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<KillOrder?> ProposeKillLiftAsync(string id, string actor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<bool> LiftKillOrderAsync(string id, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreLiftKillOrder,
        () => _store.LiftKillOrderAsync(id, default),
        cancellationToken,
        _ => _promises.KillOrderLifted(id));

    public ValueTask<EndPage> EndMatchingAsync(
        int shard, KillSelector selector, string? cursor, int max, CancellationToken cancellationToken) => CallAsync(
        CallPoint.StoreEndMatching,
        () => _store.EndMatchingAsync(shard, selector, cursor, max, default),
        cancellationToken,
        page => _promises.Touch(page.Ended));

    public ValueTask<LivePage> ListLiveAsync(int shard, string? cursor, int max, CancellationToken cancellationToken) =>
        CallAsync(CallPoint.StoreListLive, () => _store.ListLiveAsync(shard, cursor, max, default), cancellationToken);

    public ValueTask<RecheckConfirmation> ConfirmRecheckAsync(string policyHash, string actor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<RecheckConfirmation?> FindRecheckConfirmationAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Claimed(Lease? lease, TimeSpan claim)
    {
        if (lease is null)
        {
            return;
        }

        _promises.Claimed(lease, claim, process);
        if (world.Sabotage == Sabotage.DoubleClaim)
        {
            _promises.Claimed(lease, claim, process);
        }
    }

    private ValueTask<T> CallAsync<T>(
        CallPoint point, Func<ValueTask<T>> step, CancellationToken cancellationToken, Action<T>? then = null) => wire.CallAsync(
        point,
        () =>
        {
            var result = World.ResultOf(step());
            then?.Invoke(result);
            return result;
        },
        static () => new StoreException("the lease store failed", isTransient: true),
        cancellationToken);
}
