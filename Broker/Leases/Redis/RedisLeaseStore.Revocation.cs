using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>From due to forgotten.</content>
internal sealed partial class RedisLeaseStore
{
    public async ValueTask<IReadOnlyList<TargetBacklog>> ReadBacklogAsync(int shard, CancellationToken cancellationToken)
    {
        var keys = _keys.Of(shard);
        var targets = (await _connection.CallAsync(
            "list-targets", redis => redis.SetMembersAsync(keys.Targets, CommandFlags.DemandMaster), cancellationToken))
            .Select(target => (string)target!)
            .ToList();
        if (targets.Count == 0)
            return [];
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.ReadBacklog,
            keys,
            [.. targets.SelectMany(target => new[] { keys.Due(target), keys.Stuck(target), keys.Retries(target), keys.Owed(target) })],
            [],
            cancellationToken))!;
        return
        [
            .. targets.Zip(answer, (target, counts) => (Target: target, Counts: (long[])counts!))
                .Where(one => one.Counts[0] > 0)
                .Select(one => new TargetBacklog(
                    one.Target, one.Counts[0], one.Counts[1], RedisTime.OptionalInstant(one.Counts[2]), one.Counts[3])
                {
                    Waiting = one.Counts[4],
                    OldestOwed = RedisTime.OptionalInstant(one.Counts[5]),
                }),
        ];
    }

    public async ValueTask<IReadOnlyList<Lease>> ClaimDueAsync(
        int shard, string target, int max, TimeSpan claim, CancellationToken cancellationToken)
    {
        var keys = _keys.Of(shard);
        var due = (RedisValue[])(await RunAsync(
            RedisScripts.ListUntilNow, keys, [keys.Due(target)], [max], cancellationToken))!;
        return due.Length == 0
            ? []
            : await ClaimAsync(
                keys,
                target,
                await LocateAsync(due.Select(id => LeaseId.Parse(id!)), cancellationToken),
                claim,
                cancellationToken);
    }

    public async ValueTask<Lease?> ClaimAsync(LeaseId id, TimeSpan claim, CancellationToken cancellationToken) =>
        await LocateAsync(id, cancellationToken) is { } lease
        && await ClaimAsync(_keys.Of(lease.Owner), lease.Target, [lease], claim, cancellationToken) is [var claimed]
            ? claimed
            : null;

    public async ValueTask<MarkGoneResult> MarkGoneAsync(
        LeaseId id, long fence, string proof, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return new MarkGoneResult(MarkGoneStatus.ClaimLost, null);
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.MarkGone, shard, [.. KeysOfClaim(shard, lease), shard.Owed(lease.Target)], [id.Value, fence, proof], cancellationToken);
        if (answer.IsNull)
            return new MarkGoneResult(MarkGoneStatus.ClaimLost, null);
        var parts = (RedisResult[])answer!;
        return new MarkGoneResult((MarkGoneStatus)(int)parts[0], LeaseRecord.Read(parts[1]));
    }

    public async ValueTask<bool> FinishAsync(LeaseId id, long fence, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return false;
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.Finish,
            shard,
            [
                .. KeysOfClaim(shard, lease), shard.Targets, shard.Live, shard.LiveOf(lease.Owner), shard.LiveOf(lease.Task),
                shard.Requests(lease.Task), shard.Retired,
            ],
            [
                id.Value, lease.Target, ShardKeys.RetiredMember(id), lease.RequestId, fence,
                RedisTime.Milliseconds(_options.LeaseRetention),
            ],
            cancellationToken);
        return (int)answer == 1;
    }

    public async ValueTask<bool> PutBackAsync(
        LeaseId id, long fence, TimeSpan delay, bool stuck, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return false;
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.PutBack,
            shard,
            [.. KeysOfClaim(shard, lease), shard.Retries(lease.Target), shard.Owed(lease.Target)],
            [id.Value, fence, RedisTime.Milliseconds(delay), stuck ? 1 : 0],
            cancellationToken);
        return (int)answer == 1;
    }

    public async ValueTask<int> PullForwardAsync(int shard, string target, int max, CancellationToken cancellationToken)
    {
        var keys = _keys.Of(shard);
        return (int)await RunAsync(
            RedisScripts.PullForward, keys, [keys.Due(target), keys.Retries(target)], [max], cancellationToken);
    }

    public async ValueTask<int> PurgeAsync(int shard, int max, CancellationToken cancellationToken)
    {
        var keys = _keys.Of(shard);
        var members = (string[])(await RunAsync(
            RedisScripts.ListUntilNow, keys, [keys.Retired], [max], cancellationToken))!;
        var leases = await LocateAsync(
            members.Where(member => member[0] == 'L').Select(member => LeaseId.Parse(member[1..])), cancellationToken);
        var purged = await Task.WhenAll(leases.Select(lease => PurgeAsync(keys, lease, cancellationToken)));
        // After their leases: a task is kept as long as one of those.
        var tasks = await Task.WhenAll(members.Where(member => member[0] == 'T')
            .Select(member => PurgeTaskAsync(keys, member, cancellationToken)));
        return purged.Sum() + tasks.Sum() + await PurgeDelegationsAsync(keys, members, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<Lease>> ClaimAsync(
        ShardKeys shard, string target, Lease[] leases, TimeSpan claim, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.Claim,
            shard,
            [shard.Due(target), shard.Retries(target), .. leases.SelectMany(lease => new[] { shard.Lease(lease.Id), shard.Task(lease.Task) })],
            [RedisTime.Milliseconds(claim), .. leases.Select(lease => (RedisValue)lease.Id.Value)],
            cancellationToken))!;
        return [.. answer.Select(LeaseRecord.Read)];
    }

    private async Task<int> PurgeAsync(ShardKeys shard, Lease lease, CancellationToken cancellationToken) =>
        (int)await RunAsync(
            RedisScripts.PurgeLease,
            shard,
            [
                shard.Lease(lease.Id), shard.Retired, shard.HistoryOf(lease.Owner), shard.HistoryOf(lease.Task),
                shard.Task(lease.Task),
            ],
            [lease.Id.Value, ShardKeys.RetiredMember(lease.Id), ShardKeys.RetiredMember(lease.Task)],
            cancellationToken);

    private async Task<int> PurgeTaskAsync(ShardKeys shard, string member, CancellationToken cancellationToken)
    {
        var task = ShardKeys.ParseMember(member[1..]);
        return (int)await RunAsync(
            RedisScripts.PurgeTask,
            shard,
            [shard.Task(task), shard.Retired, shard.HistoryOf(task), shard.Requests(task)],
            [member],
            cancellationToken);
    }

    private static RedisKey[] KeysOfClaim(ShardKeys shard, Lease lease) =>
        [shard.Lease(lease.Id), shard.Task(lease.Task), shard.Due(lease.Target), shard.Stuck(lease.Target)];
}
