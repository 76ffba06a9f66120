using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>Ends a task and takes its leases back at once, without waiting for a sweep.</summary>
internal sealed partial class TaskEnder(
    ILeaseStore store, Revoker revoker, IAuditSink audit, BrokerMetrics metrics, ILogger<TaskEnder> logger)
{
    /// <summary>Waits for the leases as long as the token allows; what is not gone by then goes on in the background.</summary>
    /// <returns>The task, and each lease as it was last seen.</returns>
    public async Task<EndTaskResult> EndAsync(TaskKey key, TaskOutcome outcome, CancellationToken cancellationToken)
    {
        var ended = await store.EndTaskAsync(key, outcome, cancellationToken);
        if (ended.Status == EndTaskStatus.NotFound)
        {
            return ended;
        }

        var revocations = ended.Leases.Select(lease => revoker.RevokeOrFollowAsync(lease.Id, cancellationToken)).ToArray();
        // Not with the caller's token: a record that is slow must not cost the caller the answer.
        var record = ended.Status == EndTaskStatus.Ended ? RecordAsync(ended.Task!, CancellationToken.None) : Task.CompletedTask;
        try
        {
            await Task.WhenAll([.. revocations, record]).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogGoesOn(key.Id, revocations.Count(revocation => !revocation.IsCompleted));
        }

        var leases = new List<Lease>(revocations.Length);
        for (var i = 0; i < revocations.Length; i++)
        {
            leases.Add((revocations[i].IsCompleted ? await revocations[i] : null) ?? ended.Leases[i]);
        }

        return ended with { Leases = leases };
    }

    /// <summary>Goes on where a store pass has ended a task by itself: records it and revokes in the background.</summary>
    public async Task FollowUpAsync(EndTaskResult ended, CancellationToken cancellationToken)
    {
        foreach (var lease in ended.Leases)
        {
            revoker.RevokeSoon(lease.Id);
        }

        await RecordAsync(ended.Task!, cancellationToken);
    }

    private async Task RecordAsync(AgentTask task, CancellationToken cancellationToken)
    {
        metrics.TaskEnded(task.Outcome!.Value);
        LogEnded(task.Key.Id, task.Key.Owner, task.Outcome.Value);
        try
        {
            await audit.AppendAsync(
                new AuditRecord
                {
                    Id = $"{task.Key.Owner}/{task.Key.Id}/ended",
                    Type = AuditEventType.TaskEnded,
                    Workload = task.Key.Owner.Value,
                    Task = task.Key.Id.Value,
                    TaskPurpose = task.Purpose,
                    Initiator = task.Initiator,
                    Outcome = task.Outcome.Value.ToString(),
                    EndTime = task.EndTime,
                    TraceId = BrokerTracing.CurrentTraceId,
                },
                cancellationToken);
        }
        catch (AuditException e)
        {
            // Taking access away never waits for the record; each lease's own revocation does record itself later.
            LogNotRecorded(task.Key.Id, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {TaskId} of {Workload} ended: {Outcome}")]
    private partial void LogEnded(TaskId taskId, WorkloadId workload, TaskOutcome outcome);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId}: {Count} revocations go on after the call's deadline")]
    private partial void LogGoesOn(TaskId taskId, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of task {TaskId} is not in the audit log: {Failure}")]
    private partial void LogNotRecorded(TaskId taskId, string failure);
}
