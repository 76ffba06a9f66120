using System.Data.Common;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Delegations. One file holds both ends of each, so that giving one and ending one are single steps here.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<GiveDelegationResult> GiveDelegationAsync(
        Delegation delegation, int maxPerTask, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            var task = TaskRow.Find(session, delegation.Task);
            if (task is null || !task.GoesOn(Now()))
            {
                return new GiveDelegationResult(
                    task is null ? GiveDelegationStatus.TaskNotFound : GiveDelegationStatus.TaskEnded, null);
            }

            if (FindDelegation(session, delegation.Id) is { } known)
            {
                return GiveDelegationResult.OfKnown(known, delegation);
            }

            var (owner, id) = (delegation.Delegator.Value, delegation.Task.Id.Value);
            if (session.First(Sql.CountGiven, row => row.GetInt64(0), owner, id) >= maxPerTask)
            {
                return new GiveDelegationResult(GiveDelegationStatus.TooMany, null);
            }

            session.Execute(
                Sql.InsertDelegation, delegation.Id.Value, owner, id, delegation.Delegate.Value, DelegationText.WriteAbout(delegation),
                DelegationText.WriteTerms(delegation.Terms), Instants.Write(delegation.CreateTime),
                Instants.Write(delegation.Terms.ExpireTime), delegation.Terms.MaxUses ?? 0,
                Instants.Write(delegation.Terms.ExpireTime + options.Retention));
            return new GiveDelegationResult(GiveDelegationStatus.Given, FindDelegation(session, delegation.Id));
        },
        cancellationToken);

    public ValueTask<Delegation?> FindDelegationAsync(DelegationId id, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => FindDelegation(session, id), cancellationToken);

    public ValueTask<DelegationPage> ListDelegationsAsync(
        WorkloadId workload, bool given, int pageSize, DelegationPageToken? pageToken, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        var (time, id) = pageToken is { } after ? (after.CreateTime, after.Id.Value) : (long.MaxValue, "");
        return _database.ReadAsync(
            session =>
            {
                // One more than asked for tells whether there is another page.
                var rows = session.All(
                    given ? Sql.PageOfGiven : Sql.PageOfReceived, ReadDelegation, workload.Value, time, id, pageSize + 1);
                var page = rows.Take(pageSize).ToList();
                return new DelegationPage(page, rows.Count > pageSize ? DelegationPageToken.After(page[^1]) : null);
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<TaskKey>> ListDelegatedTasksAsync(DelegationId id, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<TaskKey>>(
            session => session.All(
                Sql.DelegatedTasks, row => new TaskKey(new WorkloadId(row.GetString(0)), new TaskId(row.GetString(1))), id.Value),
            cancellationToken);

    public ValueTask<IReadOnlyList<DelegationId>> ListGivenAsync(TaskKey task, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => GivenOf(session, task), cancellationToken);

    public ValueTask<UseDelegationStatus> UseDelegationAsync(DelegationId id, string use, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var now = Instants.Write(Now());
                if (session.Execute(Sql.UseDelegation, id.Value, use, now) > 0)
                {
                    return UseDelegationStatus.Used;
                }

                return session.First(Sql.LastUse, row => row.GetString(0), id.Value, now) switch
                {
                    null => UseDelegationStatus.Over,
                    var last when last == use => UseDelegationStatus.Used,
                    _ => UseDelegationStatus.UsedUp,
                };
            },
            cancellationToken);

    public ValueTask<NarrowDelegationResult> NarrowDelegationAsync(
        DelegationId id, long version, DelegationTerms terms, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            var now = Now();
            var narrowed = session.Execute(
                Sql.NarrowDelegation, id.Value, version, DelegationText.WriteTerms(terms), Instants.Write(terms.ExpireTime),
                terms.MaxUses ?? 0, Instants.Write(now));
            var stands = FindDelegation(session, id);
            if (narrowed > 0)
            {
                return new NarrowDelegationResult(NarrowDelegationStatus.Narrowed, stands);
            }

            return stands is null || !stands.Holds(now)
                ? new NarrowDelegationResult(NarrowDelegationStatus.Over, stands)
                : new NarrowDelegationResult(
                    stands.Terms == terms ? NarrowDelegationStatus.Narrowed : NarrowDelegationStatus.Changed, stands);
        },
        cancellationToken);

    public async ValueTask BeginDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken) =>
        await _database.WriteAsync(
            session => session.Execute(
                Sql.BeginDelegationChange, change.Id.Value, change.Narrowing, change.Task.Owner.Value, change.Task.Id.Value),
            cancellationToken);

    public ValueTask<bool> EndDelegationAsync(DelegationId id, CancellationToken cancellationToken) => _database.WriteAsync(
        session => session.Execute(Sql.EndDelegation, id.Value, Instants.Write(Now())) > 0, cancellationToken);

    public async ValueTask FinishDelegationChangeAsync(DelegationChangeNote change, CancellationToken cancellationToken) =>
        await _database.WriteAsync(
            session =>
            {
                if (change.IsEnd)
                {
                    session.Execute(Sql.EndedForGood, change.Id.Value);
                }

                return session.Execute(Sql.FinishDelegationChange, change.Id.Value, change.Narrowing);
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<DelegationChangeNote>> ListDelegationChangesAsync(
        int shard, int max, CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<DelegationChangeNote>>(
        session => session.All(
            Sql.DelegationChanges,
            row => new DelegationChangeNote(
                DelegationId.Parse(row.GetString(0)),
                new TaskKey(new WorkloadId(row.GetString(1)), new TaskId(row.GetString(2))),
                row.GetString(3)),
            max),
        cancellationToken);

    public ValueTask<Lease?> CapLeaseAsync(LeaseId id, DateTimeOffset until, CancellationToken cancellationToken) => ChangeAsync(
        id,
        null,
        (session, row, _) =>
        {
            var capped = row.Cap(Instants.Truncate(until));
            if (capped != row)
            {
                session.Execute(
                    Sql.CapLease, id.Value, Instants.Write(capped.Lease.MaxExpireTime), Instants.Write(capped.Lease.IssueDeadline));
            }

            return Changed(capped);
        },
        cancellationToken);

    private static Delegation? FindDelegation(Session session, DelegationId id) =>
        session.First(Sql.FindDelegation, ReadDelegation, id.Value);

    private static IReadOnlyList<DelegationId> GivenOf(Session session, TaskKey task) => session.All(
        Sql.GivenOfTask, row => DelegationId.Parse(row.GetString(0)), task.Owner.Value, task.Id.Value);

    private static Delegation ReadDelegation(DbDataReader row) => DelegationText.Read(
        row.GetString(0),
        row.GetString(1),
        new DelegationCounts(
            row.GetInstant(2), row.GetInstant(3), row.GetInt32(4), row.GetInt32(5), row.FindInstant(6), row.GetInt64(7)));
}
