using System.Globalization;
using System.Text.Json;
using SecretsBroker.Approvals;
using SecretsBroker.Identity;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>Requests for approvals, each in its workload's shard, and reviews, all in the first.</content>
internal sealed partial class RedisLeaseStore
{
    public ApprovalId NewApprovalId(WorkloadId owner) => ApprovalId.New(_keys.Of(owner).Shard);

    public async ValueTask<Approval?> ParkAsync(Approval approval, ApprovalLimits limits, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(approval.Owner);
        var stands = await RunAsync(
            RedisScripts.ParkApproval,
            shard,
            [shard.Approval(approval.Id), shard.AskedBy(approval.Owner), shard.PendingApprovals],
            [
                approval.Id.Value, approval.Subject.Write(), approval.Subject.Hash, approval.DecisionId,
                RedisTime.Milliseconds(limits.Pending), limits.MaxPerWorkload, RedisTime.Milliseconds(_options.TaskRetention),
            ],
            cancellationToken);
        return stands.IsNull ? null : await FindAsync(ApprovalId.Parse((string)stands!), cancellationToken);
    }

    public async ValueTask<Approval?> FindParkedAsync(WorkloadId owner, string subjectHash, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(owner);
        var id = await RunAsync(RedisScripts.FindParkedApproval, shard, [shard.AskedBy(owner)], [subjectHash], cancellationToken);
        return id.IsNull ? null : await FindAsync(ApprovalId.Parse((string)id!), cancellationToken);
    }

    public async ValueTask<Approval?> FindAsync(ApprovalId id, CancellationToken cancellationToken)
    {
        if (ShardOf(id) is not { } shard)
            return null;
        var answer = await RunAsync(RedisScripts.ReadApproval, shard, [shard.Approval(id)], [], cancellationToken);
        return answer.IsNull ? null : ApprovalRecord.Read(id, (RedisValue[])answer!);
    }

    public async ValueTask<VoteStatus> VoteAsync(
        ApprovalId id, int votesSeen, ApprovalVote vote, ApprovalState next, TimeSpan useWithin, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } approval || ShardOf(id) is not { } shard)
            return VoteStatus.NotPending;
        return (VoteStatus)(int)await RunAsync(
            RedisScripts.VoteApproval,
            shard,
            [shard.Approval(id), shard.AskedBy(approval.Owner), shard.PendingApprovals],
            [
                id.Value, votesSeen, JsonSerializer.Serialize(vote, ApprovalJson.Default.ApprovalVote), (int)next,
                RedisTime.Milliseconds(useWithin), RedisTime.Milliseconds(_options.TaskRetention),
            ],
            cancellationToken);
    }

    public async ValueTask<bool> UseAsync(ApprovalId id, string subjectHash, string user, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } approval || ShardOf(id) is not { } shard)
            return false;
        return (int)await RunAsync(
            RedisScripts.UseApproval, shard, [shard.Approval(id), shard.AskedBy(approval.Owner)], [subjectHash, user], cancellationToken) == 1;
    }

    public async ValueTask<IReadOnlyList<Approval>> ListPendingAsync(int max, CancellationToken cancellationToken)
    {
        var shards = await Task.WhenAll(_keys.All.Select(async shard => (await ListAsync(shard, max, cancellationToken)).Ids));
        var approvals = await Task.WhenAll(shards.SelectMany(ids => ids).Select(id => FindAsync(id, cancellationToken).AsTask()));
        return
        [
            .. approvals.OfType<Approval>()
                .Where(approval => approval.State == ApprovalState.Pending)
                .OrderBy(approval => approval.ExpireTime)
                .ThenBy(approval => approval.Id.Value, StringComparer.Ordinal)
                .Take(max),
        ];
    }

    public async ValueTask<Review> OpenReviewAsync(Review review, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(0);
        var text = JsonSerializer.Serialize(review, ApprovalJson.Default.Review);
        return ReadReview((string)(await RunAsync(RedisScripts.OpenReview, shard, [shard.Reviews], [review.Id, text], cancellationToken))!);
    }

    public async ValueTask<IReadOnlyList<Review>> ListReviewsAsync(int max, CancellationToken cancellationToken)
    {
        var key = _keys.Of(0).Reviews;
        var reviews = await _connection.CallAsync(
            "list-reviews", redis => redis.HashGetAllAsync(key, CommandFlags.DemandMaster), cancellationToken);
        return
        [
            .. reviews.Select(entry => ReadReview(entry.Value!))
                .OrderBy(review => review.CreateTime)
                .ThenBy(review => review.Id, StringComparer.Ordinal)
                .Take(max),
        ];
    }

    public async ValueTask<Review?> FindReviewAsync(string id, CancellationToken cancellationToken)
    {
        var key = _keys.Of(0).Reviews;
        var text = await _connection.CallAsync(
            "find-review", redis => redis.HashGetAsync(key, id, CommandFlags.DemandMaster), cancellationToken);
        return text.IsNull ? null : ReadReview(text!);
    }

    public async ValueTask<bool> CloseReviewAsync(string id, CancellationToken cancellationToken)
    {
        var shard = _keys.Of(0);
        return (int)await RunAsync(RedisScripts.CloseReview, shard, [shard.Reviews], [id], cancellationToken) == 1;
    }

    public async ValueTask<ApprovalTally> CountAsync(CancellationToken cancellationToken)
    {
        var pending = await Task.WhenAll(_keys.All.Select(async shard => (await ListAsync(shard, 1, cancellationToken)).Count));
        var key = _keys.Of(0).Reviews;
        return new ApprovalTally(
            pending.Sum(),
            await _connection.CallAsync(
                "count-reviews", redis => redis.HashLengthAsync(key, CommandFlags.DemandMaster), cancellationToken));
    }

    /// <summary>Null for an id that cannot be in this store.</summary>
    private ShardKeys? ShardOf(ApprovalId id) => id.Shard < _keys.All.Count ? _keys.Of(id.Shard) : null;

    private async Task<(IEnumerable<ApprovalId> Ids, long Count)> ListAsync(ShardKeys shard, int max, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await RunAsync(
            RedisScripts.ListApprovals, shard, [shard.PendingApprovals], [max], cancellationToken))!;
        return (((string[])answer[0]!).Select(ApprovalId.Parse), (long)answer[1]);
    }

    private static Review ReadReview(string timeReview)
    {
        var space = timeReview.IndexOf(' ', StringComparison.Ordinal);
        return JsonSerializer.Deserialize(timeReview.AsSpan(space + 1), ApprovalJson.Default.Review)! with
        {
            CreateTime = RedisTime.Instant(long.Parse(timeReview.AsSpan(0, space), CultureInfo.InvariantCulture)),
        };
    }
}

/// <summary>Between a request for an approval and its hash (<c>park-approval.lua</c>).</summary>
internal static class ApprovalRecord
{
    /// <param name="id">Which.</param>
    /// <param name="answer">As <c>read-approval.lua</c> gives it.</param>
    public static Approval Read(ApprovalId id, RedisValue[] answer)
    {
        var now = RedisTime.Instant((long)answer[0]);
        var fields = answer[1..].Chunk(2).ToDictionary(pair => (string)pair[0]!, pair => pair[1]);
        var (state, expires) = ((ApprovalState)(int)fields["state"], RedisTime.Instant((long)fields["expires"]));
        return new Approval
        {
            Id = id,
            Subject = ApprovalSubject.Read(fields["subject"]!),
            DecisionId = (string)fields["decision"]!,
            State = state is (ApprovalState.Pending or ApprovalState.Approved) && expires <= now ? ApprovalState.Expired : state,
            Votes = [.. Enumerable.Range(0, (int)fields["votes"]).Select(i => ReadVote(fields[$"vote{i}"]!))],
            CreateTime = RedisTime.Instant((long)fields["created"]),
            ExpireTime = expires,
        };
    }

    private static ApprovalVote ReadVote(string timeVote)
    {
        var space = timeVote.IndexOf(' ', StringComparison.Ordinal);
        return JsonSerializer.Deserialize(timeVote.AsSpan(space + 1), ApprovalJson.Default.ApprovalVote)! with
        {
            Time = RedisTime.Instant(long.Parse(timeVote.AsSpan(0, space), CultureInfo.InvariantCulture)),
        };
    }
}
