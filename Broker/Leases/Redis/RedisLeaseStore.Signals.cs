using System.Globalization;
using SecretsBroker.Behaviour;
using SecretsBroker.Identity;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>How workloads have behaved; each one's levels stand in its shard.</content>
internal sealed partial class RedisLeaseStore
{
    public async ValueTask<IReadOnlyList<SignalWrite>> AddSignalsAsync(
        IReadOnlyList<SignalDelta> deltas, TimeSpan halfLife, CancellationToken cancellationToken) =>
        // All are sent before the first answer is waited for.
        await Task.WhenAll(deltas.Select(delta => AddSignalsAsync(delta, halfLife, cancellationToken)));

    public async ValueTask<SignalLevels> ReadSignalsAsync(WorkloadId workload, TimeSpan halfLife, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(workload);
        return ReadLevels(await RunAsync(
            RedisScripts.ReadSignals,
            shard,
            [shard.Signals(workload), shard.SignalledResources(workload)],
            [RedisTime.Milliseconds(halfLife)],
            cancellationToken));
    }

    public async ValueTask ForgetSignalsAsync(WorkloadId workload, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(workload);
        RedisKey[] keys = [shard.Signals(workload), shard.SignalledResources(workload)];
        await _connection.CallAsync("forget-signals", redis => redis.KeyDeleteAsync(keys, CommandFlags.DemandMaster), cancellationToken);
    }

    private async Task<SignalWrite> AddSignalsAsync(SignalDelta delta, TimeSpan halfLife, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(delta.Workload);
        RedisKey[] keys = [shard.Signals(delta.Workload), shard.SignalledResources(delta.Workload)];
        RedisValue[] arguments =
        [
            RedisTime.Milliseconds(halfLife), RedisTime.Milliseconds(halfLife * ISignalStore.HalfLivesKept), ISignalStore.MaxResources,
            delta.Issues, delta.Denials, delta.Violations, delta.Failures, .. delta.Resources.Select(mark => (RedisValue)mark),
        ];
        try
        {
            return new SignalWrite(ReadLevels(await _connection.RunOnceAsync(RedisScripts.AddSignals, keys, arguments, cancellationToken)));
        }
        catch (StoreException e)
        {
            return new SignalWrite(default, e.Message);
        }
    }

    private static SignalLevels ReadLevels(RedisResult answer)
    {
        var levels = ((string[])answer!).Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return new SignalLevels(levels[0], levels[1], levels[2], levels[3], levels[4]);
    }
}
