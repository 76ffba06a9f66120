using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>The way of a lease, until it ends.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session => Reserve(session, Truncate(reservation), LeaseId.New(shard: 0, options.Installation), Now()), cancellationToken);

    public ValueTask<ActivateResult> ActivateAsync(LeaseId id, string handle, CancellationToken cancellationToken) => ChangeAsync(
        id,
        new ActivateResult(ActivateStatus.NotFound, null),
        (session, row, now) =>
        {
            if (row.MayActivate(now) && CoveringKillOrder(session, KillSelector.Covering(row.Lease), now) is null)
            {
                var active = row.Activate(handle, now);
                return (active, new ActivateResult(ActivateStatus.Activated, active.Lease));
            }

            var undone = row.Undo(EndCause.Killed, settled: true, now);
            // Even refused, what was made is undone the better for its handle.
            var refused = undone with { Lease = undone.Lease with { Handle = handle } };
            return (refused, new ActivateResult(ActivateStatus.Refused, refused.Lease));
        },
        cancellationToken);

    public ValueTask<Lease?> AbandonAsync(LeaseId id, EndCause cause, bool settled, CancellationToken cancellationToken) => ChangeAsync(
        id,
        null,
        (_, row, now) => Changed(row.Undo(cause, settled, now)),
        cancellationToken);

    public ValueTask<RenewResult> RenewAsync(
        LeaseId id, DateTimeOffset expireTime, DecisionBasis? basis, CancellationToken cancellationToken) => ChangeAsync(
        id,
        new RenewResult(RenewStatus.NotFound, null),
        (session, row, now) =>
        {
            if (row.Lease.State != LeaseState.Active || !row.MayActivate(now)
                || CoveringKillOrder(session, KillSelector.Covering(row.Lease), now) is not null)
            {
                return (row, new RenewResult(RenewStatus.NotActive, row.Lease));
            }

            if (row.Lease.ExpireTime >= row.Lease.MaxExpireTime)
            {
                return (row, new RenewResult(RenewStatus.AtMaximum, row.Lease));
            }

            if (basis?.Write() is { Length: > 0 } text)
            {
                session.Execute(Sql.RenewBasis, id.Value, text);
            }

            var renewed = row.Renew(Instants.Truncate(expireTime));
            return (renewed, new RenewResult(RenewStatus.Renewed, renewed.Lease));
        },
        cancellationToken);

    public ValueTask<Lease?> EndAsync(LeaseId id, EndCause cause, CancellationToken cancellationToken) =>
        ChangeAsync(id, null, (_, row, now) => Changed(row.End(cause, now)), cancellationToken);

    public ValueTask<Lease?> FindLeaseAsync(LeaseId id, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => LeaseTable.Find(session, id)?.Lease, cancellationToken);

    public ValueTask<LeasePage> ListLeasesAsync(
        WorkloadId owner, TaskId? task, int pageSize, string pageToken, CancellationToken cancellationToken)
    {
        var after = default(LeasePageToken);
        if (pageToken.Length > 0 && !LeasePageToken.TryParse(pageToken, out after))
        {
            throw new ArgumentException("not a page token of this store", nameof(pageToken));
        }

        var (time, id) = pageToken.Length > 0 ? (after.CreateTime, after.Id.Value) : (long.MaxValue, "");
        return _database.ReadAsync(
            session =>
            {
                // One more than asked for tells whether there is another page.
                var rows = task is null
                    ? session.All(Sql.PageOfOwner, LeaseTable.Read, owner.Value, time, id, pageSize + 1)
                    : session.All(Sql.PageOfTask, LeaseTable.Read, owner.Value, time, id, pageSize + 1, task.Value.Value);
                var page = rows.Take(pageSize).Select(row => row.Lease).ToList();
                return new LeasePage(page, rows.Count > pageSize ? LeasePageToken.After(page[^1]).ToString() : "");
            },
            cancellationToken);
    }

    private static ReserveResult Reserve(Session session, Reservation asked, LeaseId id, DateTimeOffset now)
    {
        static ReserveResult Refused(ReserveStatus status, string killOrder = "") => new(status, null, null, killOrder);

        var owner = asked.Task.Owner.Value;
        var task = TaskRow.Find(session, asked.Task);
        if (task is null || !task.GoesOn(now))
        {
            return Refused(task is null ? ReserveStatus.TaskNotFound : ReserveStatus.TaskEnded);
        }

        if (CoveringKillOrder(session, KillSelector.Covering(asked), now) is { } order)
        {
            return Refused(ReserveStatus.Killed, order);
        }

        if (asked.LatestExpireTime <= now)
        {
            return Refused(ReserveStatus.TooLate);
        }

        var earlier = asked.RequestId.Length == 0
            ? null
            : session.First(Sql.LatestOfRequest, LeaseTable.Read, owner, asked.Task.Id.Value, asked.RequestId);
        var spared = earlier is null ? 0 : 1;
        var rate = IssueRate.Find(session, owner, now);
        if (IsFull(asked.Quotas.LivePerWorkload, rate.Live - spared))
        {
            return Refused(ReserveStatus.WorkloadQuota);
        }

        if (IsFull(asked.Quotas.LivePerTask, task.Live - spared))
        {
            return Refused(ReserveStatus.TaskQuota);
        }

        if (rate.Spend(asked.Quotas.IssuesPerMinute, now) is not { } spent)
        {
            return Refused(ReserveStatus.RateLimit);
        }

        var replaced = earlier?.End(EndCause.Replaced, now);
        if (replaced is not null)
        {
            LeaseTable.Update(session, earlier!, replaced);
        }

        var row = LeaseRow.New(asked, id, now);
        LeaseTable.Insert(session, row, asked.Basis?.Write());
        session.Execute(Sql.ReserveWorkload, owner, spent.Level, Instants.Write(spent.LevelTime));
        return new ReserveResult(ReserveStatus.Reserved, row.Lease, replaced == earlier ? null : replaced!.Lease, "");
    }

    private static bool IsFull(int quota, long live) => quota > 0 && live >= quota;

    private static (LeaseRow, Lease?) Changed(LeaseRow row) => (row, row.Lease);

    private static Reservation Truncate(Reservation asked) => asked with
    {
        TimeToLive = Instants.Truncate(asked.TimeToLive),
        MaxTimeToLive = Instants.Truncate(asked.MaxTimeToLive),
        IssueTimeout = Instants.Truncate(asked.IssueTimeout),
        SettleMargin = Instants.Truncate(asked.SettleMargin),
        LatestExpireTime = asked.LatestExpireTime is { } latest ? Instants.Truncate(latest) : null,
    };
}
