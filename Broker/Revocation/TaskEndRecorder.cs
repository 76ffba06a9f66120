using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>Puts the end of a task on the record, as far as that is possible.</summary>
internal sealed partial class TaskEndRecorder(IAuditSink audit, BrokerMetrics metrics, ILogger<TaskEndRecorder> logger)
{
    public async Task RecordAsync(AgentTask task, CancellationToken cancellationToken)
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
                    Delegation = task.Delegation?.Value ?? "",
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of task {TaskId} is not in the audit log: {Failure}")]
    private partial void LogNotRecorded(TaskId taskId, string failure);
}
