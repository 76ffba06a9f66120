using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>Tasks and lifelines.</content>
internal sealed partial class RedisLeaseStore
{
    // How often leases may be reserved between reading a task's leases and ending it, before the caller is asked to come again.
    private const int EndAttempts = 20;

    public async ValueTask<StartTaskResult> StartTaskAsync(
        TaskKey key, TaskContent content, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(key.Owner);
        RedisKey[] delegation = content.Delegation is { } id ? [shard.Delegation(id), shard.TasksOf(id)] : [];
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.StartTask,
            shard,
            [shard.Task(key), shard.OpenTasks, .. delegation],
            [
                ShardKeys.Member(key), content.Purpose, content.Initiator, TaskRecord.WriteLabels(content.Labels),
                RedisTime.Milliseconds(lifetime), content.VerifiedInitiator?.Write() ?? "", content.Delegation?.Value ?? "",
                DelegationText.Write(content.Scope),
            ],
            cancellationToken))!;
        var status = (StartTaskStatus)(int)answer[0];
        return new StartTaskResult(status, status == StartTaskStatus.DelegationOver ? null : TaskRecord.Read(key, answer[1]));
    }

    public async ValueTask<AgentTask?> FindTaskAsync(TaskKey key, CancellationToken cancellationToken)
    {
        var redisKey = _keys.Of(key.Owner).Task(key);
        return TaskRecord.ReadOptional(key, await _connection.CallAsync(
            "find-task", redis => redis.HashGetAllAsync(redisKey, CommandFlags.DemandMaster), cancellationToken));
    }

    public async ValueTask<IReadOnlyList<Lease>> ListTaskLeasesAsync(TaskKey key, CancellationToken cancellationToken)
    {
        var leases = await Task.WhenAll((await ReadLiveAsync(key, cancellationToken))
            .Select(id => FindLeaseAsync(id, cancellationToken).AsTask()));
        return [.. leases.OfType<Lease>().Where(lease => lease.State != LeaseState.Revoked)];
    }

    public async ValueTask<IReadOnlyList<TaskBeat>> KeepAliveAsync(
        IReadOnlyList<Lifeline> lifelines, CancellationToken cancellationToken)
    {
        var beats = new TaskBeat[lifelines.Count];
        await Task.WhenAll(Enumerable.Range(0, lifelines.Count)
            .GroupBy(i => _keys.Of(lifelines[i].Task.Owner))
            .Select(group => BeatAsync(group.Key, [.. group], lifelines, beats, cancellationToken)));
        return beats;
    }

    public async ValueTask<EndTaskResult> EndTaskAsync(
        TaskKey key, TaskOutcome outcome, CancellationToken cancellationToken) =>
        (await EndTaskAsync(key, outcome, onlyIfOver: false, cancellationToken))!.Value;

    public async ValueTask<IReadOnlyList<EndTaskResult>> EndLostTasksAsync(int shard, int max, CancellationToken cancellationToken)
    {
        var keys = _keys.Of(shard);
        var members = (RedisValue[])(await RunAsync(
            RedisScripts.ListUntilNow, keys, [keys.OpenTasks], [max], cancellationToken))!;
        var ended = await Task.WhenAll(members.Select(member =>
            EndTaskAsync(ShardKeys.ParseMember(member!), TaskOutcome.Lost, onlyIfOver: true, cancellationToken).AsTask()));
        return [.. ended.OfType<EndTaskResult>()];
    }

    /// <returns>Null when its time is not over (any more), or it ended meanwhile.</returns>
    private async ValueTask<EndTaskResult?> EndTaskAsync(
        TaskKey key, TaskOutcome outcome, bool onlyIfOver, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(key.Owner);
        var delegation = await _connection.CallAsync(
            "find-task", redis => redis.HashGetAsync(shard.Task(key), "delegation", CommandFlags.DemandMaster), cancellationToken);
        var siblings = DelegationId.TryParse(delegation, out var above) ? shard.TasksOf(above) : shard.OpenTasks;
        for (var attempt = 0; attempt < EndAttempts; attempt++)
        {
            var leases = await LocateAsync(await ReadLiveAsync(key, cancellationToken), cancellationToken);
            var answer = (RedisResult[])(await RunAsync(
                RedisScripts.EndTask,
                shard,
                [
                    shard.Task(key), shard.OpenTasks, shard.LiveOf(key), shard.Retired, shard.GivenOf(key), shard.DelegationChanges,
                    siblings,
                    .. leases.SelectMany(lease => new[] { shard.Lease(lease.Id), shard.Due(lease.Target) }),
                ],
                [
                    ShardKeys.Member(key), ShardKeys.RetiredMember(key), (int)outcome, (int)CauseOf(outcome),
                    RedisTime.Milliseconds(_options.TaskRetention), onlyIfOver ? 1 : 0,
                    .. leases.Select(lease => (RedisValue)lease.Id.Value),
                ],
                cancellationToken))!;
            switch ((int)answer[0])
            {
                case 0:
                    return Read(EndTaskStatus.Ended, answer);
                case 1:
                    return Read(EndTaskStatus.AlreadyEnded, answer);
                case 2:
                    return new EndTaskResult(EndTaskStatus.NotFound, null, [], []);
                case 4:
                    return null;
            }
        }

        throw new StoreException("leases of the task are reserved faster than it can be ended", isTransient: true);

        EndTaskResult Read(EndTaskStatus status, RedisResult[] answer) =>
            new(
                status,
                TaskRecord.Read(key, answer[1]),
                [.. answer.Skip(3).Select(LeaseRecord.Read)],
                [.. ((string[])answer[2]!).Select(DelegationId.Parse)]);
    }

    private async Task BeatAsync(
        ShardKeys shard, int[] which, IReadOnlyList<Lifeline> lifelines, TaskBeat[] beats, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.KeepAlive,
            shard,
            [shard.OpenTasks, .. which.Select(i => shard.Task(lifelines[i].Task))],
            [.. which.SelectMany(i => new RedisValue[]
            {
                ShardKeys.Member(lifelines[i].Task), RedisTime.Milliseconds(lifelines[i].Grace),
            })],
            cancellationToken))!;
        for (var i = 0; i < which.Length; i++)
        {
            var beat = (long[])answer[i]!;
            beats[which[i]] = new TaskBeat(
                lifelines[which[i]].Task, beat[0] == 1, beat[1] == 0 ? null : (TaskOutcome)beat[1], beat[2]);
        }
    }

    private async ValueTask<IEnumerable<LeaseId>> ReadLiveAsync(TaskKey key, CancellationToken cancellationToken)
    {
        var live = _keys.Of(key.Owner).LiveOf(key);
        var ids = await _connection.CallAsync(
            "list-task", redis => redis.SetMembersAsync(live, CommandFlags.DemandMaster), cancellationToken);
        return ids.Select(id => LeaseId.Parse(id!));
    }

    private static EndCause CauseOf(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Succeeded => EndCause.Completed,
        TaskOutcome.Failed => EndCause.Failed,
        TaskOutcome.Aborted => EndCause.Aborted,
        TaskOutcome.Lost => EndCause.Lost,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
