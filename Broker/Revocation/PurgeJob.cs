using Quartz;
using SecretsBroker.Leases;

namespace SecretsBroker.Revocation;

/// <summary>Forgets what has been kept long enough.</summary>
[DisallowConcurrentExecution]
internal sealed partial class PurgeJob(
    ILeaseStore store, IOptions<RevocationOptions> options, ILogger<PurgeJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            for (var shard = 0; shard < store.ShardCount; shard++)
            {
                while (await store.PurgeAsync(shard, options.Value.BatchSize, cancellationToken) >= options.Value.BatchSize)
                {
                }
            }
        }
        catch (StoreException e)
        {
            LogFailed(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Outdated records could not be purged; the next pass tries again: {Failure}")]
    private partial void LogFailed(string failure);
}
