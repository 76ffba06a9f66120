using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Tasks.</summary>
internal sealed partial class SqliteLeaseStore
{
    public ValueTask<StartTaskResult> StartTaskAsync(
        TaskKey key, TaskContent content, TimeSpan lifetime, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            var now = Now();
            if (TaskRow.Find(session, key) is { } found)
            {
                var same = found.GoesOn(now) && IsOf(found.Task, content);
                return new StartTaskResult(same ? StartTaskStatus.Repeated : StartTaskStatus.Conflict, found.Task);
            }

            var expires = now + Instants.Truncate(lifetime);
            if (content.Delegation is { } id)
            {
                if (FindDelegation(session, id) is not { } delegation || !delegation.Holds(now))
                {
                    return new StartTaskResult(StartTaskStatus.DelegationOver, null);
                }

                expires = delegation.Terms.ExpireTime < expires ? delegation.Terms.ExpireTime : expires;
            }

            session.Execute(
                Sql.InsertTask, key.Owner.Value, key.Id.Value, content.Purpose, content.Initiator, TaskRow.WriteLabels(content.Labels),
                Instants.Write(now), Instants.Write(expires), content.VerifiedInitiator?.Write() ?? "", DelegationText.Write(content.Scope),
                content.Delegation?.Value ?? "");
            return new StartTaskResult(StartTaskStatus.Started, TaskRow.Find(session, key)!.Task);
        },
        cancellationToken);

    public ValueTask<AgentTask?> FindTaskAsync(TaskKey key, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => TaskRow.Find(session, key)?.Task, cancellationToken);

    public ValueTask<IReadOnlyList<Lease>> ListTaskLeasesAsync(TaskKey key, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => TaskLeases(session, key), cancellationToken);

    public ValueTask<IReadOnlyList<TaskBeat>> KeepAliveAsync(IReadOnlyList<Lifeline> lifelines, CancellationToken cancellationToken) =>
        _database.WriteAsync<IReadOnlyList<TaskBeat>>(
            session =>
            {
                var now = Now();
                return lifelines.Select(lifeline => Beat(session, lifeline, now)).ToList();
            },
            cancellationToken);

    public ValueTask<EndTaskResult> EndTaskAsync(TaskKey key, TaskOutcome outcome, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session => TaskRow.Find(session, key) switch
            {
                null => new EndTaskResult(EndTaskStatus.NotFound, null, [], []),
                { Task.IsOpen: false } ended => new EndTaskResult(
                    EndTaskStatus.AlreadyEnded, ended.Task, TaskLeases(session, key), GivenOf(session, key)),
                _ => EndTask(session, key, outcome, Now()),
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<EndTaskResult>> EndLostTasksAsync(int shard, int max, CancellationToken cancellationToken) =>
        _database.WriteAsync<IReadOnlyList<EndTaskResult>>(
            session => session.All(Sql.LostTasks, TaskRow.Read, Instants.Write(Now()), max)
                .ConvertAll(lost => EndTask(session, lost.Task.Key, TaskOutcome.Lost, lost.OverTime!.Value)),
            cancellationToken);

    private static TaskBeat Beat(Session session, Lifeline lifeline, DateTimeOffset now)
    {
        if (TaskRow.Find(session, lifeline.Task) is not { } found)
        {
            return new TaskBeat(lifeline.Task, Found: false, Outcome: null, Revision: 0);
        }

        if (!found.GoesOn(now))
        {
            return new TaskBeat(lifeline.Task, Found: true, found.Task.Outcome ?? TaskOutcome.Lost, found.Task.Revision);
        }

        var deadline = now + Instants.Truncate(lifeline.Grace);
        session.Execute(Sql.BeatTask, lifeline.Task.Owner.Value, lifeline.Task.Id.Value, Instants.Write(deadline));
        return new TaskBeat(lifeline.Task, Found: true, Outcome: null, found.Task.Revision);
    }

    private EndTaskResult EndTask(Session session, TaskKey key, TaskOutcome outcome, DateTimeOffset at)
    {
        foreach (var row in session.All(Sql.TaskLeases, LeaseTable.Read, key.Owner.Value, key.Id.Value))
        {
            LeaseTable.Update(session, row, row.End(CauseOf(outcome), at));
        }

        session.Execute(
            Sql.EndTask, key.Owner.Value, key.Id.Value, (int)outcome, Instants.Write(at), Instants.Write(Now() + options.Retention));
        session.Execute(Sql.BeginDelegationEnds, key.Owner.Value, key.Id.Value);
        return new EndTaskResult(
            EndTaskStatus.Ended, TaskRow.Find(session, key)!.Task, TaskLeases(session, key), GivenOf(session, key));
    }

    private static bool IsOf(AgentTask task, TaskContent content) =>
        task.Purpose == content.Purpose && task.Initiator == content.Initiator && task.Scope == content.Scope
        && task.Delegation == content.Delegation && task.VerifiedInitiator is null == content.VerifiedInitiator is null
        && task.Labels.Count == content.Labels.Count && !task.Labels.Except(content.Labels).Any();

    private static IReadOnlyList<Lease> TaskLeases(Session session, TaskKey key) =>
        session.All(Sql.TaskLeases, row => LeaseTable.Read(row).Lease, key.Owner.Value, key.Id.Value);

    private static EndCause CauseOf(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Succeeded => EndCause.Completed,
        TaskOutcome.Failed => EndCause.Failed,
        TaskOutcome.Aborted => EndCause.Aborted,
        _ => EndCause.Lost,
    };
}
