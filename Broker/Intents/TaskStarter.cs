using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Intents;

/// <summary>Opens tasks, on the record.</summary>
internal sealed class TaskStarter(ILeaseStore store, IAuditSink audit, IOptions<TaskOptions> options)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    public static TaskId NewId() => new("t-" + RandomNumberGenerator.GetString(Alphabet, 20));

    public async Task<StartTaskResult> StartAsync(
        Workload workload, NewTask task, string sourceAddress, CancellationToken cancellationToken)
    {
        var maximum = options.Value.MaxLifetime;
        var lifetime = task.Lifetime is { } asked && asked < maximum ? asked : maximum;
        var key = new TaskKey(workload.Id, task.Id ?? NewId());
        var result = await store.StartTaskAsync(key, task.Purpose, task.Initiator, task.Labels, lifetime, cancellationToken);
        if (result.Status == StartTaskStatus.Started)
        {
            await audit.AppendAsync(Record(result.Task, workload, sourceAddress), cancellationToken);
        }

        return result;
    }

    private static AuditRecord Record(AgentTask task, Workload workload, string sourceAddress) => new()
    {
        Id = $"{task.Key.Owner}/{task.Key.Id}/started",
        Type = AuditEventType.TaskStarted,
        Workload = task.Key.Owner.Value,
        Authentication = workload.Method.ToString(),
        Task = task.Key.Id.Value,
        TaskPurpose = task.Purpose,
        Initiator = task.Initiator,
        SourceAddress = sourceAddress,
        TraceId = BrokerTracing.CurrentTraceId,
    };
}
