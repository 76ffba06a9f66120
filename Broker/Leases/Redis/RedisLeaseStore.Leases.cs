using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>The way of a lease until it ends.</content>
internal sealed partial class RedisLeaseStore
{
    // How often another broker may use a request id between this one's two questions, before the caller is asked to come again.
    private const int ReserveAttempts = 20;

    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1))];

    public async ValueTask<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(reservation.Task.Owner);
        // Chosen here: repeated after a lost answer, the script finds the lease that it wrote.
        var id = LeaseId.New(shard.Shard, _options.Installation);
        var (result, earlier) = await ReserveAsync(shard, id, reservation, "", cancellationToken);
        if (earlier.Length == 0)
            return result;

        // Only who knows the lease before can replace it, so this broker's callers take turns; what is left is a race between brokers.
        var turn = _turns[(reservation.Task, reservation.RequestId).GetHashCode() & (_turns.Length - 1)];
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 0; attempt < ReserveAttempts; attempt++)
            {
                (result, earlier) = await ReserveAsync(shard, id, reservation, earlier, cancellationToken);
                if (earlier.Length == 0)
                    return result;
            }
        }
        finally
        {
            turn.Release();
        }

        throw new StoreException("the request id is used faster than it can be reserved", isTransient: true);
    }

    public async ValueTask<ActivateResult> ActivateAsync(LeaseId id, string handle, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return new ActivateResult(ActivateStatus.NotFound, null);
        var shard = _keys.Of(lease.Owner);
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.Activate,
            shard,
            [.. KeysToReopen(shard, lease), shard.Kills],
            [id.Value, lease.Target, ShardKeys.RetiredMember(id), handle, .. Selectors(KillSelector.Covering(lease))],
            cancellationToken))!;
        var status = (ActivateStatus)(int)answer[0];
        return new ActivateResult(status, status == ActivateStatus.NotFound ? null : LeaseRecord.Read(answer[1]));
    }

    public async ValueTask<Lease?> AbandonAsync(LeaseId id, EndCause cause, bool settled, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return null;
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.Abandon,
            shard,
            KeysToReopen(shard, lease),
            [id.Value, lease.Target, ShardKeys.RetiredMember(id), (int)cause, settled ? 1 : 0],
            cancellationToken);
        return answer.IsNull ? null : LeaseRecord.Read(answer);
    }

    public async ValueTask<RenewResult> RenewAsync(
        LeaseId id, DateTimeOffset expireTime, DecisionBasis? basis, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return new RenewResult(RenewStatus.NotFound, null);
        var shard = _keys.Of(lease.Owner);
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.Renew,
            shard,
            [shard.Lease(id), shard.Task(lease.Task), shard.Due(lease.Target), shard.Kills],
            [id.Value, expireTime.ToUnixTimeMilliseconds(), basis?.Write() ?? "", .. Selectors(KillSelector.Covering(lease))],
            cancellationToken))!;
        var status = (RenewStatus)(int)answer[0];
        return new RenewResult(status, status == RenewStatus.NotFound ? null : LeaseRecord.Read(answer[1]));
    }

    public async ValueTask<bool> ProlongAsync(LeaseId id, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return false;
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.Prolong,
            shard,
            [shard.Lease(id), shard.Task(lease.Task), shard.Due(lease.Target)],
            [id.Value, expireTime.ToUnixTimeMilliseconds()],
            cancellationToken);
        return (int)answer == 1;
    }

    public async ValueTask<Lease?> EndAsync(LeaseId id, EndCause cause, CancellationToken cancellationToken) =>
        await LocateAsync(id, cancellationToken) is { } lease ? (await EndAsync(lease, cause, cancellationToken)).Lease : null;

    public async ValueTask<Lease?> FindLeaseAsync(LeaseId id, CancellationToken cancellationToken)
    {
        if (_keys.Of(id) is not { } shard)
            return null;
        var values = await _connection.CallAsync(
            "find-lease",
            redis => redis.HashGetAsync(shard.Lease(id), LeaseRecord.Fields, CommandFlags.DemandMaster),
            cancellationToken);
        var lease = LeaseRecord.ReadOptional(values);
        if (lease is not null)
            _memory.Keep(lease);
        return lease;
    }

    public async ValueTask<LeasePage> ListLeasesAsync(
        WorkloadId owner, TaskId? task, int pageSize, string pageToken, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        var before = "+";
        if (pageToken.Length > 0)
        {
            if (!LeasePageToken.TryParse(pageToken, out var token))
                throw new ArgumentException("not a page token", nameof(pageToken));
            before = $"({token.CreateTime:D14}-{token.Id.Value}";
        }

        var shard = _keys.Of(owner);
        var history = task is { } id ? shard.HistoryOf(new TaskKey(owner, id)) : shard.HistoryOf(owner);
        var moments = (RedisValue[])(await _connection.CallAsync(
            "list-leases",
            redis => redis.ExecuteAsync(
                "ZREVRANGEBYLEX", [history, before, "-", "LIMIT", 0, pageSize + 1], CommandFlags.DemandMaster),
            cancellationToken))!;
        // A member is the creation time in 14 digits, a dash, the id.
        var ids = moments.Select(moment => LeaseId.Parse(((string)moment!)[15..])).ToList();
        var leases = await Task.WhenAll(ids.Take(pageSize).Select(one => FindLeaseAsync(one, cancellationToken).AsTask()));
        var next = ids.Count <= pageSize ? "" : $"{long.Parse(((string)moments[pageSize - 1]!)[..14])}-{ids[pageSize - 1].Value}";
        return new LeasePage([.. leases.OfType<Lease>()], next);
    }

    /// <returns>The result; or the lease that holds the request id, when it is not the one that was named.</returns>
    private async ValueTask<(ReserveResult Result, string Earlier)> ReserveAsync(
        ShardKeys shard, LeaseId id, Reservation reservation, string earlier, CancellationToken cancellationToken)
    {
        var named = earlier.Length == 0 ? null : await LocateAsync(LeaseId.Parse(earlier), cancellationToken);
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.Reserve,
            shard,
            [.. KeysOf(shard, id, reservation), .. KeysOfEarlier(shard, earlier, named)],
            ArgumentsOf(id, reservation, earlier),
            cancellationToken))!;
        const int Reserved = 0, Killed = 6, NameEarlier = 7;
        switch ((int)answer[0])
        {
            case Reserved:
                var replaced = answer[2].IsNull ? null : LeaseRecord.Read(answer[2]);
                return (new ReserveResult(ReserveStatus.Reserved, Remember(answer[1]), replaced, ""), "");
            case Killed:
                return (new ReserveResult(ReserveStatus.Killed, null, null, (string)answer[1]!), "");
            case NameEarlier:
                return (default, (string)answer[1]!);
            case var refused:
                return (new ReserveResult((ReserveStatus)refused, null, null, ""), "");
        }
    }

    /// <returns>Whether this call ended it, and the lease as it now is; null when it is unknown.</returns>
    private async ValueTask<(bool Ended, Lease? Lease)> EndAsync(Lease lease, EndCause cause, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.End,
            shard,
            [shard.Lease(lease.Id), shard.Task(lease.Task), shard.Due(lease.Target)],
            [lease.Id.Value, (int)cause],
            cancellationToken);
        if (answer.IsNull)
            return (false, null);
        var parts = (RedisResult[])answer!;
        return ((int)parts[0] == 1, LeaseRecord.Read(parts[1]));
    }

    private static RedisKey[] KeysOf(ShardKeys shard, LeaseId id, Reservation of) =>
    [
        shard.Lease(id), shard.Task(of.Task), shard.Live, shard.LiveOf(of.Task.Owner), shard.LiveOf(of.Task),
        shard.HistoryOf(of.Task.Owner), shard.HistoryOf(of.Task), shard.Due(of.Target), shard.Targets,
        shard.Kills, shard.Rate(of.Task.Owner), shard.Requests(of.Task),
    ];

    private static RedisKey[] KeysOfEarlier(ShardKeys shard, string id, Lease? earlier) =>
        id.Length == 0 ? [] : [shard.Lease(LeaseId.Parse(id)), shard.Due(earlier?.Target ?? "")];

    private static RedisValue[] ArgumentsOf(LeaseId id, Reservation of, string earlier) =>
    [
        id.Value, LeaseRecord.Write(id, of), of.Target,
        RedisTime.Milliseconds(of.TimeToLive), RedisTime.Milliseconds(of.MaxTimeToLive),
        RedisTime.Milliseconds(of.IssueTimeout), RedisTime.Milliseconds(of.SettleMargin),
        of.Quotas.LivePerWorkload, of.Quotas.LivePerTask, of.Quotas.IssuesPerMinute,
        of.RequestId, earlier, of.Basis?.Write() ?? "",
        of.LatestExpireTime is { } latest ? latest.ToUnixTimeMilliseconds() : "", .. Selectors(KillSelector.Covering(of)),
    ];

    /// <summary>The keys of a lease that may have to be taken back among the live ones.</summary>
    private static RedisKey[] KeysToReopen(ShardKeys shard, Lease lease) =>
    [
        shard.Lease(lease.Id), shard.Task(lease.Task), shard.Due(lease.Target), shard.Targets,
        shard.Live, shard.LiveOf(lease.Owner), shard.LiveOf(lease.Task), shard.Retired,
    ];
}
