using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>What asking policy again needs. The confirmation stands in the first shard, for all.</content>
internal sealed partial class RedisLeaseStore
{
    private static readonly RedisValue[] ConfirmationFields = ["hash", "actor", "time"];

    public async ValueTask<LivePage> ListLiveAsync(int shard, string? cursor, int max, CancellationToken cancellationToken)
    {
        var (ids, next) = await PageOfLiveAsync(shard, cursor, max, cancellationToken);
        var keys = _keys.Of(shard);
        // All questions are sent before the first answer is waited for.
        var read = await Task.WhenAll(ids.Select(id => ReadAsync(id).AsTask()));
        return new LivePage([.. read.OfType<LiveLease>().Where(live => live.Lease.State is LeaseState.Pending or LeaseState.Active)], next);

        async ValueTask<LiveLease?> ReadAsync(LeaseId id)
        {
            var values = await _connection.CallAsync(
                "find-lease",
                redis => redis.HashGetAsync(keys.Lease(id), [.. LeaseRecord.Fields, "basis"], CommandFlags.DemandMaster),
                cancellationToken);
            return LeaseRecord.ReadOptional(values) is { } lease ? new LiveLease(lease, DecisionBasis.Read(values[^1])) : null;
        }
    }

    public async ValueTask<RecheckConfirmation> ConfirmRecheckAsync(string policyHash, string actor, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(0);
        var time = await RunAsync(
            RedisScripts.ConfirmRecheck, shard, [shard.RecheckConfirmation], [policyHash, actor], cancellationToken);
        return new RecheckConfirmation(policyHash, actor, RedisTime.Instant(time));
    }

    public async ValueTask<RecheckConfirmation?> FindRecheckConfirmationAsync(CancellationToken cancellationToken)
    {
        var shard = _keys.Of(0);
        var values = await _connection.CallAsync(
            "find-recheck-confirmation",
            redis => redis.HashGetAsync(shard.RecheckConfirmation, ConfirmationFields, CommandFlags.DemandMaster),
            cancellationToken);
        return values[0].IsNull
            ? null
            : new RecheckConfirmation((string)values[0]!, (string)values[1]!, RedisTime.Instant((long)values[2]));
    }
}
