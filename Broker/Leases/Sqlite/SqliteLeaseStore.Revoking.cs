namespace SecretsBroker.Leases.Sqlite;

/// <summary>Claims, and the way to Revoked and out of the store.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<IReadOnlyList<TargetBacklog>> ReadBacklogAsync(int shard, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<TargetBacklog>>(
            session => session.All(
                Sql.Backlog,
                row => new TargetBacklog(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.FindInstant(3), row.GetInt64(4))
                {
                    Waiting = row.GetInt64(5),
                    OldestOwed = row.FindInstant(6),
                },
                Instants.Write(Now())),
            cancellationToken);

    public ValueTask<IReadOnlyList<Lease>> ClaimDueAsync(
        int shard, string target, int max, TimeSpan claim, CancellationToken cancellationToken) =>
        _database.WriteAsync<IReadOnlyList<Lease>>(
            session =>
            {
                var now = Now();
                return session.All(Sql.DueLeases, LeaseTable.Read, target, Instants.Write(now), max).ConvertAll(row =>
                {
                    var claimed = row.Claim(Instants.Truncate(claim), now);
                    LeaseTable.Update(session, row, claimed);
                    return claimed.Lease;
                });
            },
            cancellationToken);

    public ValueTask<Lease?> ClaimAsync(LeaseId id, TimeSpan claim, CancellationToken cancellationToken) => ChangeAsync(
        id,
        null,
        (_, row, now) => row.Due <= now ? Changed(row.Claim(Instants.Truncate(claim), now)) : (row, null),
        cancellationToken);

    public ValueTask<MarkGoneResult> MarkGoneAsync(LeaseId id, long fence, string proof, CancellationToken cancellationToken) =>
        ChangeAsync(
            id,
            new MarkGoneResult(MarkGoneStatus.ClaimLost, null),
            (_, row, now) =>
            {
                if (!row.IsClaimedWith(fence))
                {
                    return (row, new MarkGoneResult(MarkGoneStatus.ClaimLost, row.Lease));
                }

                if (now < row.Lease.SettleTime)
                {
                    var back = row.PutBack(row.Lease.SettleTime, stuck: false);
                    return (back, new MarkGoneResult(MarkGoneStatus.NotSettled, back.Lease));
                }

                var gone = row.MarkGone(proof, now);
                return (gone, new MarkGoneResult(MarkGoneStatus.Marked, gone.Lease));
            },
            cancellationToken);

    public ValueTask<bool> FinishAsync(LeaseId id, long fence, CancellationToken cancellationToken) => ChangeAsync(
        id,
        false,
        (_, row, now) => row.IsClaimedWith(fence) && row.Lease.GoneTime is not null
            ? (row.Finish(now + options.Retention), true)
            : (row, row.Lease.State == LeaseState.Revoked && row.Lease.Fence == fence),
        cancellationToken);

    public ValueTask<bool> PutBackAsync(LeaseId id, long fence, TimeSpan delay, bool stuck, CancellationToken cancellationToken) =>
        ChangeAsync(
            id,
            false,
            (_, row, now) => row.IsClaimedWith(fence)
                ? (row.PutBack(now + Instants.Truncate(delay), stuck), true)
                : (row, false),
            cancellationToken);

    public ValueTask<int> PullForwardAsync(int shard, string target, int max, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session => session.Execute(Sql.PullForward, Instants.Write(Now()), target, max), cancellationToken);

    public ValueTask<int> PurgeAsync(int shard, int max, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            var now = Now();
            var leases = session.All(Sql.ForgettableLeases, LeaseTable.Read, Instants.Write(now), max);
            foreach (var row in leases)
            {
                session.Execute(Sql.DeleteLease, row.Lease.Id.Value);
                session.Execute(Sql.ReleaseTask, row.Lease.Owner.Value, row.Lease.Task.Id.Value);
            }

            session.Execute(Sql.DeleteIdleWorkloads, Instants.Write(now - TimeSpan.FromMinutes(1)), max);
            var tasks = session.Execute(Sql.DeleteTasks, Instants.Write(now), max - leases.Count);
            return leases.Count + tasks + session.Execute(Sql.DeleteDelegations, Instants.Write(now), max - leases.Count - tasks);
        },
        cancellationToken);
}
