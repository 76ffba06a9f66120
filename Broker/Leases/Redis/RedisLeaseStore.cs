using SecretsBroker.Approvals;
using SecretsBroker.Behaviour;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>
/// The store for many brokers: one Redis server, a replicated one, or a Cluster (7.0 or later). Every step is one script in one slot;
/// what a step needs and cannot know beforehand is read first, and the script looks whether it still holds.
/// </summary>
internal sealed partial class RedisLeaseStore : ILeaseStore, IDelegationStore, IDenyList, IReplayStore, IApprovalStore, ISignalStore
{
    // Of leases in hand between their steps; at a few hundred bytes each.
    private const int Remembered = 16_384;

    private readonly RedisStoreOptions _options;
    private readonly RedisConnection _connection;
    private readonly RedisKeys _keys;
    private readonly LeaseMemory _memory = new(Remembered);

    private RedisLeaseStore(RedisStoreOptions options, RedisConnection connection)
    {
        _options = options;
        _connection = connection;
        _keys = new RedisKeys(options.Prefix, options.ShardCount);
    }

    public int ShardCount => _options.ShardCount;

    /// <summary>Connects, and writes the layout into an empty store or checks that it is the one the options name.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="clock">Measures time limits; decides nothing else. The system's when null.</param>
    /// <param name="logger">Connection losses and repetitions.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="StoreException">It cannot be reached, or holds another layout.</exception>
    public static async Task<RedisLeaseStore> OpenAsync(
        RedisStoreOptions options, TimeProvider? clock, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ShardCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ShardCount, LeaseShards.Maximum);
        var connection = await RedisConnection.OpenAsync(options, clock ?? TimeProvider.System, logger, cancellationToken);
        try
        {
            var store = new RedisLeaseStore(options, connection);
            await RedisLayout.AgreeAsync(connection, store._keys.Meta, options.ShardCount, cancellationToken);
            return store;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask<IReadOnlyList<StoreFinding>> CheckAsync(CancellationToken cancellationToken) =>
        new RedisSetup(_options).CheckAsync(cancellationToken);

    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken)
    {
        var shard = _keys.Of(0);
        return RedisTime.Instant(await _connection.RunAsync(RedisScripts.Time, shard, [shard.Live], [], cancellationToken));
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private ValueTask<RedisResult> RunAsync(
        RedisScript script, ShardKeys shard, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        _connection.RunAsync(script, shard, keys, arguments, cancellationToken);

    /// <summary>What never changes about a lease, which is all that its keys follow from; null when the store does not know it.</summary>
    private async ValueTask<Lease?> LocateAsync(LeaseId id, CancellationToken cancellationToken) =>
        _memory.Find(id) ?? await FindLeaseAsync(id, cancellationToken);

    private async ValueTask<Lease[]> LocateAsync(IEnumerable<LeaseId> ids, CancellationToken cancellationToken)
    {
        // All questions are sent before the first answer is waited for.
        var located = await Task.WhenAll(ids.Select(id => LocateAsync(id, cancellationToken).AsTask()));
        return [.. located.OfType<Lease>()];
    }

    private Lease Remember(RedisResult answer)
    {
        var lease = LeaseRecord.Read(answer);
        _memory.Keep(lease);
        return lease;
    }

    private static RedisValue[] Selectors(IReadOnlyList<KillSwitch.KillSelector> selectors) =>
        [.. selectors.Select(selector => (RedisValue)selector.Key)];
}
