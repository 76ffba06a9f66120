using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>
/// Delegations: the record with its delegate, where tasks are started under it and uses are counted; that it was given with its delegator,
/// where the end of its task finds it.
/// </content>
internal sealed partial class RedisLeaseStore
{
    private static readonly RedisValue[] DelegationFields = ["about", "terms", "created", "expires", "max", "used", "ended", "version"];

    // Longer than any broker takes over giving one that its task's end has overtaken.
    private static readonly TimeSpan EndedKept = TimeSpan.FromDays(1);

    public async ValueTask<GiveDelegationResult> GiveDelegationAsync(
        Delegation delegation, int maxPerTask, CancellationToken cancellationToken)
    {
        var forget = delegation.Terms.ExpireTime.ToUnixTimeMilliseconds() + RedisTime.Milliseconds(_options.TaskRetention);
        var giver = _keys.Of(delegation.Delegator);
        var given = (int)await RunAsync(
            RedisScripts.GiveDelegation,
            giver,
            [giver.Task(delegation.Task), giver.GivenOf(delegation.Task), giver.GivenBy(delegation.Delegator), giver.Retired],
            [
                delegation.Id.Value, maxPerTask, ShardKeys.Moment(delegation), ShardKeys.RetiredGivenMember(delegation), forget,
            ],
            cancellationToken);
        switch (given)
        {
            case 1:
                return new GiveDelegationResult(GiveDelegationStatus.TaskNotFound, null);
            case 2:
                return new GiveDelegationResult(GiveDelegationStatus.TaskEnded, null);
            case 3:
                return new GiveDelegationResult(GiveDelegationStatus.TooMany, null);
        }

        var home = _keys.Of(delegation.Delegate);
        var answer = (RedisValue[])(await RunAsync(
            RedisScripts.PutDelegation,
            home,
            [home.Delegation(delegation.Id), home.GivenTo(delegation.Delegate), home.Retired],
            [
                DelegationText.WriteAbout(delegation), DelegationText.WriteTerms(delegation.Terms),
                delegation.CreateTime.ToUnixTimeMilliseconds(), delegation.Terms.ExpireTime.ToUnixTimeMilliseconds(),
                delegation.Terms.MaxUses ?? 0, ShardKeys.Moment(delegation), ShardKeys.RetiredMember(delegation), forget,
            ],
            cancellationToken))!;
        var stands = ReadDelegation(answer[1..]);
        return (int)answer[0] == 0
            ? new GiveDelegationResult(GiveDelegationStatus.Given, stands)
            : GiveDelegationResult.OfKnown(stands, delegation);
    }

    public async ValueTask<Delegation?> FindDelegationAsync(DelegationId id, CancellationToken cancellationToken)
    {
        if (KeysOf(id) is not { } shard)
            return null;
        return ReadDelegation(await _connection.CallAsync(
            "find-delegation",
            redis => redis.HashGetAsync(shard.Delegation(id), DelegationFields, CommandFlags.DemandMaster),
            cancellationToken));
    }

    public async ValueTask<DelegationPage> ListDelegationsAsync(
        WorkloadId workload, bool given, int pageSize, DelegationPageToken? pageToken, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        var shard = _keys.Of(workload);
        var index = given ? shard.GivenBy(workload) : shard.GivenTo(workload);
        var before = pageToken is { } token ? $"({token.CreateTime:D14}-{token.Id.Value}" : "+";
        var moments = (string[])(await _connection.CallAsync(
            "list-delegations",
            redis => redis.ExecuteAsync(
                "ZREVRANGEBYLEX", [index, before, "-", "LIMIT", 0, pageSize + 1], CommandFlags.DemandMaster),
            cancellationToken))!;
        var delegations = await Task.WhenAll(moments.Take(pageSize)
            .Select(moment => FindDelegationAsync(ShardKeys.ParseMoment(moment), cancellationToken).AsTask()));
        DelegationPageToken? next = moments.Length <= pageSize
            ? null
            : new DelegationPageToken(long.Parse(moments[pageSize - 1][..14]), ShardKeys.ParseMoment(moments[pageSize - 1]));
        return new DelegationPage([.. delegations.OfType<Delegation>()], next);
    }

    public async ValueTask<IReadOnlyList<TaskKey>> ListDelegatedTasksAsync(DelegationId id, CancellationToken cancellationToken)
    {
        if (KeysOf(id) is not { } shard)
            return [];
        var members = await _connection.CallAsync(
            "list-delegated-tasks", redis => redis.SetMembersAsync(shard.TasksOf(id), CommandFlags.DemandMaster), cancellationToken);
        return [.. members.Select(member => ShardKeys.ParseMember(member!))];
    }

    public async ValueTask<IReadOnlyList<DelegationId>> ListGivenAsync(TaskKey task, CancellationToken cancellationToken)
    {
        var given = _keys.Of(task.Owner).GivenOf(task);
        var members = await _connection.CallAsync(
            "list-given", redis => redis.SetMembersAsync(given, CommandFlags.DemandMaster), cancellationToken);
        return [.. members.Select(id => DelegationId.Parse(id!))];
    }

    public async ValueTask<UseDelegationStatus> UseDelegationAsync(DelegationId id, string use, CancellationToken cancellationToken) =>
        KeysOf(id) is { } shard
            ? (UseDelegationStatus)(int)await RunAsync(
                RedisScripts.UseDelegation, shard, [shard.Delegation(id)], [use], cancellationToken)
            : UseDelegationStatus.Over;

    public async ValueTask<NarrowDelegationResult> NarrowDelegationAsync(
        DelegationId id, long version, DelegationTerms terms, CancellationToken cancellationToken)
    {
        if (KeysOf(id) is not { } shard)
            return new NarrowDelegationResult(NarrowDelegationStatus.Over, null);
        var answer = (RedisValue[])(await RunAsync(
            RedisScripts.NarrowDelegation,
            shard,
            [shard.Delegation(id)],
            [version, DelegationText.WriteTerms(terms), terms.ExpireTime.ToUnixTimeMilliseconds(), terms.MaxUses ?? 0],
            cancellationToken))!;
        return new NarrowDelegationResult((NarrowDelegationStatus)(int)answer[0], ReadDelegation(answer[1..]));
    }

    public async ValueTask BeginDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(change.Task.Owner);
        await RunAsync(
            RedisScripts.BeginDelegationChange, shard, [shard.DelegationChanges], [ShardKeys.Member(change)], cancellationToken);
    }

    public async ValueTask<bool> EndDelegationAsync(DelegationId id, CancellationToken cancellationToken) =>
        KeysOf(id) is { } shard
        && (int)await RunAsync(
            RedisScripts.EndDelegation, shard, [shard.Delegation(id)], [RedisTime.Milliseconds(EndedKept)], cancellationToken) == 1;

    public async ValueTask FinishDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(change.Task.Owner);
        await RunAsync(
            RedisScripts.FinishDelegationChange,
            shard,
            [shard.DelegationChanges, shard.GivenOf(change.Task)],
            [ShardKeys.Member(change), change.IsEnd ? change.Id.Value : ""],
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<DelegationChangeNote>> ListDelegationChangesAsync(
        int shard, int max, CancellationToken cancellationToken)
    {
        var changes = _keys.Of(shard).DelegationChanges;
        // Any of them: one that cannot be finished must not keep the others from their turn.
        var members = await _connection.CallAsync(
            "list-delegation-changes",
            redis => redis.ExecuteAsync("SRANDMEMBER", [changes, max], CommandFlags.DemandMaster),
            cancellationToken);
        return [.. ((string[])members!).Select(ShardKeys.ParseChange)];
    }

    public async ValueTask<Lease?> CapLeaseAsync(LeaseId id, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (await LocateAsync(id, cancellationToken) is not { } lease)
            return null;
        var shard = _keys.Of(lease.Owner);
        var answer = await RunAsync(
            RedisScripts.CapLease,
            shard,
            [shard.Lease(id), shard.Task(lease.Task), shard.Due(lease.Target)],
            [id.Value, until.ToUnixTimeMilliseconds()],
            cancellationToken);
        return answer.IsNull ? null : LeaseRecord.Read(answer);
    }

    private async Task<int> PurgeDelegationsAsync(ShardKeys shard, string[] retired, CancellationToken cancellationToken)
    {
        var purged = await Task.WhenAll(retired.Where(member => member[0] is 'D' or 'G')
            .Select(async member =>
            {
                var space = member.IndexOf(' ', StringComparison.Ordinal);
                var (moment, rest) = (member[1..space], member[(space + 1)..]);
                var id = ShardKeys.ParseMoment(moment);
                if (member[0] == 'D')
                    return (int)await RunAsync(
                        RedisScripts.PurgeDelegation,
                        shard,
                        [shard.Delegation(id), shard.TasksOf(id), shard.GivenTo(new WorkloadId(rest)), shard.Retired],
                        [member, moment],
                        cancellationToken);
                var end = new DelegationChangeNote(id, ShardKeys.ParseMember(rest));
                await RunAsync(
                    RedisScripts.PurgeGiven,
                    shard,
                    [shard.GivenOf(end.Task), shard.GivenBy(end.Task.Owner), shard.Retired, shard.DelegationChanges],
                    [member, id.Value, moment, ShardKeys.Member(end)],
                    cancellationToken);
                // One delegation is one thing forgotten, though it stood in two places.
                return 0;
            }));
        return purged.Sum();
    }

    private ShardKeys? KeysOf(DelegationId id) => id.Shard < _keys.All.Count ? _keys.Of(id.Shard) : null;

    /// <summary>Null when there is none, and when all that is known is that it was ended.</summary>
    private static Delegation? ReadDelegation(RedisValue[] values) => values[0].IsNull
        ? null
        : DelegationText.Read(
            (string)values[0]!,
            (string)values[1]!,
            new DelegationCounts(
                RedisTime.Instant((long)values[2]),
                RedisTime.Instant((long)values[3]),
                (int)values[4],
                (int)values[5],
                RedisTime.OptionalInstant((long)values[6]),
                (long)values[7]));
}
