using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>Every key of the store. All keys of a shard share one hash tag, and so one slot of a Cluster.</summary>
internal sealed class RedisKeys
{
    private readonly ShardKeys[] _shards;

    public RedisKeys(string prefix, int shardCount)
    {
        Meta = $"{{{prefix}:meta}}";
        _shards = [.. Enumerable.Range(0, shardCount).Select(shard => new ShardKeys(shard, $"{{{prefix}:{shard}}}:"))];
    }

    /// <summary>Hash: the layout's version and the number of shards.</summary>
    public RedisKey Meta { get; }

    public IReadOnlyList<ShardKeys> All => _shards;

    public ShardKeys Of(int shard) => _shards[shard];

    public ShardKeys Of(WorkloadId owner) => _shards[LeaseShards.Of(owner, _shards.Length)];

    /// <summary>Null for the id of a lease that cannot be in this store.</summary>
    public ShardKeys? Of(LeaseId id) => id.Shard < _shards.Length ? _shards[id.Shard] : null;

    /// <summary>Where a target's deny list is, and what is kept for it.</summary>
    public ShardKeys OfTarget(string target) => _shards[Spread(target)];

    /// <summary>Where it is noted what was used.</summary>
    public ShardKeys Of(ReplayKey key) => _shards[Spread(key.Value)];

    private int Spread(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text))[0] % _shards.Length;
}

/// <summary>The keys of one shard.</summary>
internal sealed class ShardKeys(int shard, string tag)
{
    public int Shard { get; } = shard;

    /// <summary>Sorted set by id: the leases that are not revoked.</summary>
    public RedisKey Live { get; } = tag + "live";

    /// <summary>Set: the targets that have leases here.</summary>
    public RedisKey Targets { get; } = tag + "targets";

    /// <summary>Sorted set by the end of their retention: members as in <see cref="RetiredMember(LeaseId)"/>.</summary>
    public RedisKey Retired { get; } = tag + "retired";

    /// <summary>Sorted set by when they are lost: members as in <see cref="Member"/>.</summary>
    public RedisKey OpenTasks { get; } = tag + "open-tasks";

    /// <summary>Set: the changes of delegations that were given here and are not finished, as in <see cref="Member(DelegationChangeNote)"/>.</summary>
    public RedisKey DelegationChanges { get; } = tag + "delegation-changes";

    /// <summary>Hash: selector to the ids of its orders.</summary>
    public RedisKey Kills { get; } = tag + "kills";

    /// <summary>Hash: id to order.</summary>
    public RedisKey KillOrders { get; } = tag + "kill-orders";

    /// <summary>Hash: an order's id to the proposal to lift it. In the first shard only.</summary>
    public RedisKey KillLifts { get; } = tag + "kill-lifts";

    /// <summary>Hash; its fields are in <c>confirm-recheck.lua</c>. In the first shard only.</summary>
    public RedisKey RecheckConfirmation { get; } = tag + "recheck-confirmation";

    /// <summary>Hash: a review's id to <c>time review</c>; the open ones. In the first shard only.</summary>
    public RedisKey Reviews { get; } = tag + "reviews";

    /// <summary>Sorted set by when they end: the requests for approvals that are pending.</summary>
    public RedisKey PendingApprovals { get; } = tag + "pending-approvals";

    /// <summary>Hash: a broker to the last record of its audit log that this shard is known to follow.</summary>
    public RedisKey LogPositions { get; } = tag + "log-positions";

    /// <summary>Counts nothing; a write to it comes after all earlier ones in the stream that replicas read.</summary>
    public RedisKey Barrier { get; } = tag + "barrier";

    /// <summary>Hash; its fields are in <c>prelude.lua</c>.</summary>
    public RedisKey Lease(LeaseId id) => $"{tag}lease:{id.Value}";

    /// <summary>Hash; its fields are in <c>start-task.lua</c>.</summary>
    public RedisKey Task(TaskKey task) => $"{tag}task:{Member(task)}";

    /// <summary>Sorted set by when there is something to do: a target's leases that are not revoked.</summary>
    public RedisKey Due(string target) => $"{tag}due:{target}";

    /// <summary>Set: a target's leases that count as stuck.</summary>
    public RedisKey Stuck(string target) => $"{tag}stuck:{target}";

    /// <summary>Sorted set by when they are tried again: a target's leases whose revocation failed, until the next claim.</summary>
    public RedisKey Retries(string target) => $"{tag}retries:{target}";

    /// <summary>Sorted set by their end: a target's leases whose revocation failed, until they are gone.</summary>
    public RedisKey Owed(string target) => $"{tag}owed:{target}";

    /// <summary>Set: a workload's leases that are not revoked.</summary>
    public RedisKey LiveOf(WorkloadId owner) => $"{tag}live:{owner.Value}";

    /// <summary>Set: a task's leases that are not revoked.</summary>
    public RedisKey LiveOf(TaskKey task) => $"{tag}live:{Member(task)}";

    /// <summary>Sorted set by <c>creation-id</c>, 14 digits and the lease id: a workload's leases that are still kept.</summary>
    public RedisKey HistoryOf(WorkloadId owner) => $"{tag}history:{owner.Value}";

    /// <inheritdoc cref="HistoryOf(WorkloadId)"/>
    public RedisKey HistoryOf(TaskKey task) => $"{tag}history:{Member(task)}";

    /// <summary>Hash: a task's request ids to the latest lease of each.</summary>
    public RedisKey Requests(TaskKey task) => $"{tag}requests:{Member(task)}";

    /// <summary>Hash: a workload's token bucket; goes by itself when it is full again.</summary>
    public RedisKey Rate(WorkloadId owner) => $"{tag}rate:{owner.Value}";

    /// <summary>Hash: the levels of a workload's signals and as of when they are; goes by itself when next to nothing is left of them.</summary>
    public RedisKey Signals(WorkloadId owner) => $"{tag}signals:{owner.Value}";

    /// <summary>Sorted set by when it was last asked for: marks of the resources that a workload asked for.</summary>
    public RedisKey SignalledResources(WorkloadId owner) => $"{tag}signalled:{owner.Value}";

    /// <summary>Hash; its fields are in <c>prelude.lua</c>. In its delegate's shard.</summary>
    public RedisKey Delegation(DelegationId id) => $"{tag}delegation:{id.Value}";

    /// <summary>Set: the tasks that were started under a delegation and have not ended, as in <see cref="Member(TaskKey)"/>.</summary>
    public RedisKey TasksOf(DelegationId id) => $"{tag}tasks:{id.Value}";

    /// <summary>Set: the ids of what a task has delegated and was not ended with all beneath it.</summary>
    public RedisKey GivenOf(TaskKey task) => $"{tag}given:{Member(task)}";

    /// <summary>Sorted set by <c>creation-id</c>, 14 digits and the delegation's id: what a workload has given.</summary>
    public RedisKey GivenBy(WorkloadId delegator) => $"{tag}given:{delegator.Value}";

    /// <summary>The same of what it was given.</summary>
    public RedisKey GivenTo(WorkloadId @delegate) => $"{tag}received:{@delegate.Value}";

    /// <summary>Is there for a day after the order was lifted, so that nobody who read it before brings it back.</summary>
    public RedisKey LiftedKillOrder(string id) => $"{tag}lifted:{id}";

    /// <summary>Text: which use was the one. Goes by itself when what was used is of no use any more.</summary>
    public RedisKey Used(ReplayKey key) => $"{tag}used:{key.Value}";

    /// <summary>Hash: a request for an approval; its fields are in <c>park-approval.lua</c>, <c>vote0</c> and so on are <c>time vote</c>.</summary>
    public RedisKey Approval(Approvals.ApprovalId id) => $"{tag}approval:{id.Value}";

    /// <summary>Hash: what a workload has asked approvals for, by the subject's hash, to <c>id until</c>; until then there is no second one.</summary>
    public RedisKey AskedBy(WorkloadId owner) => $"{tag}asked:{owner.Value}";

    /// <summary>Hash: a target's deny list, lease to <c>since until</c>.</summary>
    public RedisKey Denied(string target) => $"{tag}denied:{target}";

    /// <summary>Sorted set by until when.</summary>
    public RedisKey DeniedUntil(string target) => $"{tag}denied-until:{target}";

    /// <summary>Number. Never deleted: a version that goes back would hide an entry.</summary>
    public RedisKey DeniedVersion(string target) => $"{tag}denied-version:{target}";

    /// <summary>Hash: the secrets that are kept for a target, name to <c>revision content</c>.</summary>
    public RedisKey StaticSecrets(string target) => $"{tag}static:{target}";

    /// <summary>A task within its shard. Neither part holds a space (SPIFFE-ID §2; <see cref="TaskId"/>).</summary>
    public static string Member(TaskKey task) => $"{task.Owner.Value} {task.Id.Value}";

    public static TaskKey ParseMember(string member)
    {
        var space = member.IndexOf(' ', StringComparison.Ordinal);
        return new TaskKey(new WorkloadId(member[..space]), new TaskId(member[(space + 1)..]));
    }

    /// <summary>A change within the delegator's shard. None of its parts holds a space.</summary>
    public static string Member(DelegationChangeNote change) =>
        $"{change.Id.Value} {Member(change.Task)}{(change.IsEnd ? "" : " ")}{change.Narrowing}";

    public static DelegationChangeNote ParseChange(string member)
    {
        var parts = member.Split(' ');
        return new DelegationChangeNote(
            DelegationId.Parse(parts[0]), new TaskKey(new WorkloadId(parts[1]), new TaskId(parts[2])), parts.Length > 3 ? parts[3] : "");
    }

    public static string RetiredMember(LeaseId id) => $"L{id.Value}";

    public static string RetiredMember(TaskKey task) => $"T{Member(task)}";

    /// <summary>At its delegate's. It says when it was created, which its place in <see cref="GivenTo"/> follows from.</summary>
    public static string RetiredMember(Delegation delegation) =>
        $"D{Moment(delegation)} {delegation.Delegate.Value}";

    /// <summary>The same at its delegator's.</summary>
    public static string RetiredGivenMember(Delegation delegation) => $"G{Moment(delegation)} {Member(delegation.Task)}";

    public static string Moment(Delegation delegation) => Moment(delegation.CreateTime, delegation.Id.Value);

    public static string Moment(DateTimeOffset createTime, string id) => $"{createTime.ToUnixTimeMilliseconds():D14}-{id}";

    /// <summary>The id in a <c>creation-id</c>.</summary>
    public static DelegationId ParseMoment(string moment) => DelegationId.Parse(moment[15..]);
}
