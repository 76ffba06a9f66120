using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Behaviour;

/// <summary>Writes down what was counted, in one pass, beside the leases' way. A broker that dies takes with it what it counted since the last.</summary>
internal sealed partial class SignalFlush(
    SignalBuffer buffer,
    ISignalStore store,
    SignalReader reader,
    BrokerMetrics metrics,
    IOptions<BehaviourOptions> options,
    ILogger<SignalFlush> logger)
{
    private const int BatchSize = 200;

    /// <returns>What was written, with the levels that followed.</returns>
    public async Task<IReadOnlyList<(SignalDelta Delta, SignalLevels Levels)>> PassAsync(CancellationToken cancellationToken)
    {
        reader.Trim();
        var written = new List<(SignalDelta, SignalLevels)>();
        var lost = new List<string>();
        foreach (var batch in buffer.Take().Chunk(BatchSize))
        {
            foreach (var (delta, write) in batch.Zip(await WriteAsync(batch, cancellationToken)))
            {
                // What failed may have been written all the same, and is not tried again: a count that is lost does no harm, one that is
                // added with each pass of an outage would put innocents in quarantine.
                if (write.Failure is { } failure)
                {
                    lost.Add(failure);
                    continue;
                }

                reader.Remember(delta.Workload, write.Levels);
                written.Add((delta, write.Levels));
            }
        }

        if (lost is [var first, ..])
        {
            metrics.StoreFailed("signals");
            LogLost(lost.Count, first);
        }

        return written;
    }

    private async Task<IEnumerable<SignalWrite>> WriteAsync(SignalDelta[] batch, CancellationToken cancellationToken)
    {
        try
        {
            return await store.AddSignalsAsync(batch, options.Value.HalfLife, cancellationToken);
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            return batch.Select(_ => new SignalWrite(default, e is StoreException ? e.Message : "cancelled"));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What {Workloads} workloads did since the last pass may not be written down, and counts for nothing then: {Failure}")]
    private partial void LogLost(int workloads, string failure);
}
