using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.KillSwitch;

/// <summary>
/// Lifts an order, or proposes that: where a second operator is needed, two different ones have to want it. On the record first: a lift
/// that nobody can read about afterwards does not take place.
/// </summary>
internal sealed partial class KillOrderLifter(
    ILeaseStore store, IAuditSink audit, KillExecutor executor, ILogger<KillOrderLifter> logger)
{
    /// <param name="order">As it stands.</param>
    /// <param name="actor">Who may lift it, as far as policy goes.</param>
    /// <param name="needsSecond">Whether policy asks for a second operator.</param>
    /// <param name="sourceAddress">Where from.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when it does not stand any more.</returns>
    /// <exception cref="AuditException">It cannot be recorded; the order stands.</exception>
    public async Task<LiftOutcome?> LiftAsync(
        KillOrder order, Workload actor, bool needsSecond, string sourceAddress, CancellationToken cancellationToken)
    {
        if (needsSecond && (order.LiftProposal is not { } proposal || proposal.Actor == actor.Id.Value))
        {
            await audit.AppendAsync(KillRecords.LiftProposed(order, actor, sourceAddress), cancellationToken);
            var proposed = await store.ProposeKillLiftAsync(order.Id, actor.Id.Value, cancellationToken);
            // Somebody else may have proposed it in the same moment; whoever asks next confirms.
            return proposed is null ? null : new LiftOutcome(Lifted: false, proposed);
        }

        await audit.AppendAsync(KillRecords.Lifted(order, actor, sourceAddress), cancellationToken);
        if (!await store.LiftKillOrderAsync(order.Id, cancellationToken))
        {
            return null;
        }

        executor.Lifted(order.Id);
        LogLifted(order.Id, $"{order.Selector}", actor.Id);
        return new LiftOutcome(Lifted: true, order);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Kill order {Order} on {Selector} lifted by {Operator}: what it covered may be issued again")]
    private partial void LogLifted(string order, string selector, WorkloadId @operator);
}

/// <param name="Lifted">False: it was proposed, and another operator has to confirm.</param>
/// <param name="Order">As it stood, or stands.</param>
internal sealed record LiftOutcome(bool Lifted, KillOrder Order);
