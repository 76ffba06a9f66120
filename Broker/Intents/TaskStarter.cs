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
        var content = new TaskContent(task.Purpose, task.Initiator, task.Labels) { VerifiedInitiator = task.VerifiedInitiator };
        var result = await store.StartTaskAsync(key, content, lifetime, cancellationToken);
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
        Possession = workload.Possession == Possession.None ? "" : workload.Possession.ToString(),
        Task = task.Key.Id.Value,
        TaskPurpose = task.Purpose,
        Initiator = task.Initiator,
        InitiatorIssuer = task.VerifiedInitiator?.Issuer ?? "",
        InitiatorSubject = task.VerifiedInitiator?.Subject ?? "",
        InitiatorName = task.VerifiedInitiator?.Name ?? "",
        SourceAddress = sourceAddress,
        TraceId = BrokerTracing.CurrentTraceId,
    };
}
