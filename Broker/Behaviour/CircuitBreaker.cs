using System.Security.Cryptography;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Behaviour;

/// <summary>
/// Puts a workload in quarantine that loops: a kill order on it and on nothing else, with an end, given by the broker itself. It looks where
/// signals are written down, beside the leases' way, and only at workloads that have just done again what is counted against them.
/// </summary>
internal sealed partial class CircuitBreaker(
    ILeaseStore store,
    KillExecutor executor,
    KillRecords records,
    BrokerMetrics metrics,
    IOptions<BehaviourOptions> options,
    ILogger<CircuitBreaker> logger)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    /// <param name="signals">What was written down just now, and the levels that followed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task LookAsync(IEnumerable<(SignalDelta Delta, SignalLevels Levels)> signals, CancellationToken cancellationToken)
    {
        if (options.Value.Quarantine == TimeSpan.Zero)
        {
            return;
        }

        foreach (var (delta, levels) in signals)
        {
            if (SignalLimits.Exceeded(options.Value, delta, levels) is { } exceeded)
            {
                await TripAsync(delta.Workload, exceeded, cancellationToken);
            }
        }
    }

    /// <summary>What fails is tried again with the workload's next signal.</summary>
    private async Task TripAsync(WorkloadId workload, ExceededLimit exceeded, CancellationToken cancellationToken)
    {
        try
        {
            if ((await FindAsync(workload, cancellationToken)).Count > 0)
            {
                return;
            }

            var order = await store.AddKillOrderAsync(
                new KillOrder(NewId(), SelectorOf(workload), exceeded.ToString(), KillOrder.CircuitBreaker, default)
                {
                    Lifetime = options.Value.Quarantine,
                },
                CancellationToken.None);
            // Another broker may have seen the same in the same moment. One is enough: the first that stands.
            if ((await FindAsync(workload, CancellationToken.None)) is [var first, _, ..] && first.Id != order.Id)
            {
                await store.LiftKillOrderAsync(order.Id, CancellationToken.None);
                return;
            }

            metrics.Quarantined(exceeded.Signal);
            LogQuarantined(workload, order.Id, options.Value.Quarantine, order.Reason);
            executor.Start(order);
            await records.WriteAsync(KillRecords.Killed(order, workload: null, sourceAddress: ""));
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("quarantine");
            LogFailed(workload, e.Message);
        }
    }

    private async Task<IReadOnlyList<KillOrder>> FindAsync(WorkloadId workload, CancellationToken cancellationToken) =>
        [.. (await store.ListKillOrdersAsync(cancellationToken)).Where(order => order.IsQuarantine && order.Selector == SelectorOf(workload))];

    private static KillSelector SelectorOf(WorkloadId workload) => new(KillScope.Workload, workload.Value);

    private static string NewId() => "q-" + RandomNumberGenerator.GetString(Alphabet, 20);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Workload} is in quarantine for {Span} by order {Order}: {Reason}")]
    private partial void LogQuarantined(WorkloadId workload, string order, TimeSpan span, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Workload} could not be put in quarantine; its next signal tries again: {Failure}")]
    private partial void LogFailed(WorkloadId workload, string failure);
}
