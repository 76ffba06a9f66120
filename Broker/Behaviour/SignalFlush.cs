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
        foreach (var batch in buffer.Take().Chunk(BatchSize))
        {
            written.AddRange(await WriteAsync(batch, cancellationToken));
        }

        return written;
    }

    private async Task<IEnumerable<(SignalDelta, SignalLevels)>> WriteAsync(SignalDelta[] batch, CancellationToken cancellationToken)
    {
        try
        {
            var levels = await store.AddSignalsAsync(batch, options.Value.HalfLife, cancellationToken);
            foreach (var (delta, level) in batch.Zip(levels))
            {
                reader.Remember(delta.Workload, level);
            }

            return batch.Zip(levels);
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            // It may have been written all the same, and counts twice then: better than not at all.
            buffer.PutBack(batch);
            metrics.StoreFailed("signals");
            LogFailed(e is StoreException ? e.Message : "cancelled");
            return [];
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What workloads did could not be written down; it is tried again: {Failure}")]
    private partial void LogFailed(string failure);
}
