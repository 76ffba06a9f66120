using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using SecretsBroker.Behaviour;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Revocation;

/// <summary>What is due is revoked, whatever else cannot be done.</summary>
internal sealed class SweeperTests
{
    private readonly Mock<ILeaseStore> _store = new();
    private readonly Mock<IDelegationStore> _delegations = new();

    [Test]
    public async Task Change_that_reaches_into_a_shard_that_is_down_keeps_nothing_else_from_being_done()
    {
        var (stuck, other) = (NewChange(), NewChange());
        _store.Setup(store => store.ShardCount).Returns(1);
        _store.Setup(store => store.EndLostTasksAsync(0, It.IsAny<int>(), It.IsAny<CancellationToken>())).ReturnsAsync([]);
        _store.Setup(store => store.ReadBacklogAsync(0, It.IsAny<CancellationToken>()))
            .ReturnsAsync([new TargetBacklog("db", Live: 1, Due: 1, OldestDue: null, Stuck: 0)]);
        _store.Setup(store => store.ClaimDueAsync(0, "db", It.IsAny<int>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>())).ReturnsAsync([]);
        _delegations.Setup(changes => changes.ListDelegationChangesAsync(0, It.IsAny<int>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync([stuck, other]);
        _delegations.Setup(changes => changes.EndDelegationAsync(stuck.Id, It.IsAny<CancellationToken>()))
            .ThrowsAsync(new StoreException("a shard is down", isTransient: true));
        _delegations.Setup(changes => changes.ListDelegatedTasksAsync(other.Id, It.IsAny<CancellationToken>())).ReturnsAsync([]);
        using var measured = new MeasuredBroker();
        var (sweeper, drains) = NewSweeper(measured.Metrics);

        await sweeper.SweepAsync(default);
        await drains.WhenIdleAsync(default);

        _store.Verify(store => store.ClaimDueAsync(0, "db", It.IsAny<int>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()));
        _delegations.Verify(changes => changes.FinishDelegationChangeAsync(other, It.IsAny<CancellationToken>()));
        _delegations.Verify(changes => changes.FinishDelegationChangeAsync(stuck, It.IsAny<CancellationToken>()), Times.Never);
    }

    private (Sweeper Sweeper, TargetDrains Drains) NewSweeper(BrokerMetrics metrics)
    {
        var (store, delegations, audit, time) = (_store.Object, _delegations.Object, new RecordingAudit(), TimeProvider.System);
        var options = Options.Create(new RevocationOptions());
        var tracing = new BrokerTracing();
        var engines = new TargetEngines([], metrics, tracing, time);
        var revoker = new Revoker(
            engines, store, audit, new SignalBuffer(), metrics, tracing, options,
            new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), time, NullLogger<Revoker>.Instance);
        var recorder = new TaskEndRecorder(audit, metrics, NullLogger<TaskEndRecorder>.Instance);
        var ender = new DelegationEnder(store, delegations, revoker, recorder, audit, metrics, NullLogger<DelegationEnder>.Instance);
        var drains = new TargetDrains(store, engines, revoker, metrics, options, time, NullLogger<TargetDrains>.Instance);
        var sweeper = new Sweeper(
            store,
            engines,
            delegations,
            new TaskEnder(store, revoker, ender, recorder, NullLogger<TaskEnder>.Instance),
            ender,
            new DelegationNarrower(store, delegations, revoker, audit, metrics, NullLogger<DelegationNarrower>.Instance),
            drains,
            new TargetDebts(time),
            new TargetReturns(store, metrics, options, time, NullLogger<TargetReturns>.Instance),
            metrics,
            options,
            time,
            NullLogger<Sweeper>.Instance);
        return (sweeper, drains);
    }

    private static DelegationChangeNote NewChange() =>
        new(DelegationId.New(0), new TaskKey(new WorkloadId("spiffe://example.org/agents/a"), new TaskId("t-1")));
}
