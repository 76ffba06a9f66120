using System.Data.Common;
using System.Text.Json;
using SecretsBroker.Approvals;
using SecretsBroker.Identity;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Requests for approvals, and reviews.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ApprovalId NewApprovalId(WorkloadId owner) => ApprovalId.New(shard: 0);

    public ValueTask<Approval?> ParkAsync(Approval approval, ApprovalLimits limits, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var now = Now();
                var (owner, hash) = (approval.Owner.Value, approval.Subject.Hash);
                session.Execute(Sql.ForgetApprovals, Instants.Write(now));
                if (FindParked(session, owner, hash, now) is { } parked)
                {
                    return parked;
                }

                var open = session.First(Sql.CountParkedApprovals, row => row.GetInt64(0), owner, Instants.Write(now), (int)ApprovalState.Used);
                if (open >= limits.MaxPerWorkload)
                {
                    return null;
                }

                var expires = now + Instants.Truncate(limits.Pending);
                session.Execute(
                    Sql.InsertApproval, approval.Id.Value, owner, hash, approval.Subject.Write(), approval.DecisionId,
                    (int)ApprovalState.Pending, Instants.Write(now), Instants.Write(expires), Instants.Write(expires + options.Retention));
                return Find(session, approval.Id, now);
            },
            cancellationToken);

    public ValueTask<Approval?> FindParkedAsync(WorkloadId owner, string subjectHash, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => FindParked(session, owner.Value, subjectHash, Now()), cancellationToken);

    public ValueTask<Approval?> FindAsync(ApprovalId id, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => Find(session, id, Now()), cancellationToken);

    public ValueTask<VoteStatus> VoteAsync(
        ApprovalId id, int votesSeen, ApprovalVote vote, ApprovalState next, TimeSpan useWithin, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var now = Now();
                if (Find(session, id, now) is not { State: ApprovalState.Pending })
                {
                    return VoteStatus.NotPending;
                }

                DateTimeOffset? expires = next == ApprovalState.Approved ? now + Instants.Truncate(useWithin) : null;
                var counted = session.Execute(
                    Sql.VoteOnApproval, id.Value, (int)ApprovalState.Pending, votesSeen,
                    JsonSerializer.Serialize(vote with { Time = now }, ApprovalJson.Default.ApprovalVote),
                    (int)next, Instants.Write(expires), Instants.Write(expires + options.Retention));
                return counted > 0 ? VoteStatus.Counted : VoteStatus.Changed;
            },
            cancellationToken);

    public ValueTask<bool> UseAsync(ApprovalId id, string subjectHash, string user, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var (state, hash, usedBy, expires) = session.First(
                    Sql.UseOfApproval,
                    row => ((ApprovalState)row.GetInt32(0), row.GetString(1), row.IsDBNull(2) ? "" : row.GetString(2), row.GetInstant(3)),
                    id.Value);
                if (hash != subjectHash || state is not (ApprovalState.Approved or ApprovalState.Used))
                {
                    return false;
                }

                return state == ApprovalState.Used
                    ? usedBy == user
                    : expires > Now() && session.Execute(Sql.UseApproval, id.Value, (int)ApprovalState.Used, user) > 0;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Approval>> ListPendingAsync(int max, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<Approval>>(
            session =>
            {
                var now = Now();
                return session.All(Sql.PendingApprovals, row => ReadApproval(row, now), Instants.Write(now), max);
            },
            cancellationToken);

    public ValueTask<Review> OpenReviewAsync(Review review, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            session.Execute(
                Sql.OpenReview, review.Id, JsonSerializer.Serialize(review, ApprovalJson.Default.Review), Instants.Write(Now()));
            return session.First(Sql.FindReview, ReadReview, review.Id)!;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<Review>> ListReviewsAsync(int max, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<Review>>(session => session.All(Sql.Reviews, ReadReview, max), cancellationToken);

    public ValueTask<Review?> FindReviewAsync(string id, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => session.First(Sql.FindReview, ReadReview, id), cancellationToken);

    public ValueTask<bool> CloseReviewAsync(string id, CancellationToken cancellationToken) =>
        _database.WriteAsync(session => session.Execute(Sql.CloseReview, id) > 0, cancellationToken);

    public ValueTask<ApprovalTally> CountAsync(CancellationToken cancellationToken) => _database.ReadAsync(
        session => new ApprovalTally(
            session.First(Sql.CountPendingApprovals, row => row.GetInt64(0), Instants.Write(Now())),
            session.First(Sql.CountReviews, row => row.GetInt64(0))),
        cancellationToken);

    private static Approval? Find(Session session, ApprovalId id, DateTimeOffset now) =>
        session.First(Sql.FindApproval, row => ReadApproval(row, now), id.Value);

    private static Approval? FindParked(Session session, string owner, string hash, DateTimeOffset now) => session.First(
        Sql.FindParkedApproval, row => ReadApproval(row, now), owner, hash, Instants.Write(now), (int)ApprovalState.Used);

    private static Approval ReadApproval(DbDataReader row, DateTimeOffset now)
    {
        var (state, expires) = ((ApprovalState)row.GetInt32(3), row.GetInstant(6));
        using var votes = JsonDocument.Parse(row.GetString(4));
        return new Approval
        {
            Id = ApprovalId.Parse(row.GetString(0)),
            Subject = ApprovalSubject.Read(row.GetString(1)),
            DecisionId = row.GetString(2),
            State = state is (ApprovalState.Pending or ApprovalState.Approved) && expires <= now ? ApprovalState.Expired : state,
            Votes = [.. votes.RootElement.EnumerateArray().Select(vote => vote.Deserialize(ApprovalJson.Default.ApprovalVote)!)],
            CreateTime = row.GetInstant(5),
            ExpireTime = expires,
        };
    }

    private static Review ReadReview(DbDataReader row) =>
        JsonSerializer.Deserialize(row.GetString(0), ApprovalJson.Default.Review)! with { CreateTime = row.GetInstant(1) };
}
