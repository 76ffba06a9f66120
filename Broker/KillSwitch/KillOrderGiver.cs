using System.Security.Cryptography;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.KillSwitch;

/// <summary>Pulls the switch. When it returns, no broker of the store issues what the order covers.</summary>
internal sealed partial class KillOrderGiver(
    ILeaseStore store,
    KillExecutor executor,
    KillRecords records,
    BrokerMetrics metrics,
    TimeProvider time,
    ILogger<KillOrderGiver> logger)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    /// <summary>
    /// Not cancelled with the call: a kill that has begun is brought to its end. Given again by the same operator, an order that stands
    /// is the same order.
    /// </summary>
    /// <param name="selector">What it covers.</param>
    /// <param name="reason">Why.</param>
    /// <param name="actor">Who gives it.</param>
    /// <param name="sourceAddress">Where from.</param>
    /// <param name="lifetime">How long it stands; null until it is lifted. One that stands until then is the same whatever is asked.</param>
    /// <exception cref="StoreException">
    /// The store cannot be reached. An order that got as far as one shard stands, and is spread by the next pass.
    /// </exception>
    public async Task<GivenOrder> GiveAsync(
        KillSelector selector, string reason, Workload actor, string sourceAddress, TimeSpan? lifetime = null)
    {
        var start = time.GetTimestamp();
        var order = await FindAsync(selector, actor)
            ?? await store.AddKillOrderAsync(new KillOrder(NewId(), selector, reason, actor.Id.Value, default) { Lifetime = lifetime }, CancellationToken.None);
        var stop = time.GetElapsedTime(start);
        metrics.KillOrderGiven(selector.Scope, stop);
        LogGiven(order.Id, $"{selector}", actor.Id, stop);
        // Not waited for: neither a full disk nor a slow one holds up what comes now.
        var recorded = records.WriteAsync(KillRecords.Killed(order, actor, sourceAddress));
        return new GivenOrder(executor.Start(order), stop, recorded);
    }

    /// <summary>
    /// One that was given before, and is in every shard now. Null also while one shard cannot be asked: that must not keep a new order
    /// from those that can.
    /// </summary>
    private async Task<KillOrder?> FindAsync(KillSelector selector, Workload actor)
    {
        try
        {
            var standing = (await store.ListKillOrdersAsync(CancellationToken.None))
                .FirstOrDefault(order => order.Selector == selector && order.Actor == actor.Id.Value && order.ExpireTime is null);
            return standing is not null && await store.SpreadKillOrderAsync(standing, CancellationToken.None) ? standing : null;
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("kill_orders");
            LogNotFound($"{selector}", e.Message);
            return null;
        }
    }

    private static string NewId() => "k-" + RandomNumberGenerator.GetString(Alphabet, 20);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Kill order {Order} on {Selector} given by {Operator}: nothing that it covers is issued any more, after {Stop}")]
    private partial void LogGiven(string order, string selector, WorkloadId @operator, TimeSpan stop);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Whether an order on {Selector} stands already cannot be seen, so a new one is given: {Failure}")]
    private partial void LogNotFound(string selector, string failure);
}

/// <param name="Execution">Its carrying out, which has begun.</param>
/// <param name="StopTime">From the call until every shard knew the order.</param>
/// <param name="Recorded">Whether it is in the audit log; ends within the log's own time limit.</param>
internal sealed record GivenOrder(KillExecution Execution, TimeSpan StopTime, Task<bool> Recorded);
