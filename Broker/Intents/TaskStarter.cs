using System.Security.Cryptography;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Intents;

/// <summary>Opens tasks, on the record. What a root task fixes for those that are started under a delegation of it, it fixes here.</summary>
internal sealed class TaskStarter(ILeaseStore store, DelegationChains chains, IAuditSink audit, IOptions<TaskOptions> options)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";

    public static TaskId NewId() => new("t-" + RandomNumberGenerator.GetString(Alphabet, 20));

    public async Task<TaskStart> StartAsync(
        Workload workload, NewTask task, string sourceAddress, CancellationToken cancellationToken)
    {
        if (task.Delegation is not { } id)
        {
            return await StartAsync(workload, task, above: null, sourceAddress, cancellationToken);
        }

        return await chains.ReadAsync(id, cancellationToken) is { } above && above.Delegate == workload.Id
            ? await StartAsync(workload, task, above, sourceAddress, cancellationToken)
            : TaskStart.NoSuchDelegation;
    }

    /// <param name="workload">Whose it is to be.</param>
    /// <param name="task">What it is to be.</param>
    /// <param name="above">The chain that it is to be started under, as it is now: of a delegation to this workload; null for none.</param>
    /// <param name="sourceAddress">For the record.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<TaskStart> StartAsync(
        Workload workload, NewTask task, ChainState? above, string sourceAddress, CancellationToken cancellationToken)
    {
        var fault = above is null ? DelegationFault.None : FaultOf(task, above, await store.GetTimeAsync(cancellationToken));
        if (fault != DelegationFault.None)
        {
            return await RefuseAsync(workload, task, fault, sourceAddress, cancellationToken);
        }

        var maximum = options.Value.MaxLifetime;
        var lifetime = task.Lifetime is { } asked && asked < maximum ? asked : maximum;
        var content = new TaskContent(task.Purpose, above?.Chain.Root.Initiator ?? task.Initiator, task.Labels)
        {
            VerifiedInitiator = above is null ? task.VerifiedInitiator : above.Tasks[0]!.VerifiedInitiator,
            Scope = task.Scope,
            Delegation = task.Delegation,
        };
        var key = new TaskKey(workload.Id, task.Id ?? NewId());
        var result = await store.StartTaskAsync(key, content, lifetime, cancellationToken);
        switch (result.Status)
        {
            case StartTaskStatus.DelegationOver:
                return await RefuseAsync(workload, task, DelegationFault.Over, sourceAddress, cancellationToken);
            case StartTaskStatus.Conflict:
                return new TaskStart(Found: true, Task: null, DelegationFault.None);
            case StartTaskStatus.Started:
                await audit.AppendAsync(
                    Record(result.Task!, workload, sourceAddress).Under(above?.Chain.Facts), cancellationToken);
                break;
        }

        return new TaskStart(Found: true, result.Task, DelegationFault.None);
    }

    private static DelegationFault FaultOf(NewTask task, ChainState above, DateTimeOffset now)
    {
        if (above.FaultAt(now) is not DelegationFault.None and var broken)
        {
            return broken;
        }

        if (task.Initiator.Length > 0 && task.Initiator != above.Chain.Root.Initiator)
        {
            return DelegationFault.InitiatorChanged;
        }

        return task.Scope is { } scope && !above.Contains(scope) ? DelegationFault.OutsideScope : above.FaultOf([task.Purpose]);
    }

    private async Task<TaskStart> RefuseAsync(
        Workload workload, NewTask task, DelegationFault fault, string sourceAddress, CancellationToken cancellationToken)
    {
        await audit.AppendAsync(
            DelegationRecords.Refused(
                workload, task.Id?.Value ?? "", task.Delegation?.Value ?? "", @delegate: null, fault, sourceAddress),
            cancellationToken);
        return new TaskStart(Found: true, Task: null, fault);
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
        // A task of its owner's own with a scope may become a root: what it fixes is on the record from its start.
        RootIntent = task is { Scope: not null, Delegation: null } ? RootIntent.HashOf(task) : "",
        DelegatedActions = task.Scope?.Actions ?? [],
        DelegatedResources = task.Scope?.Resources ?? [],
        TraceId = BrokerTracing.CurrentTraceId,
    };
}

/// <summary>What came of starting a task.</summary>
/// <param name="Found">False when the delegation that it names is not one to this workload.</param>
/// <param name="Task">As it is; null when it was not started, without a fault because the id is taken by another content.</param>
/// <param name="Fault">Why its delegation does not allow it.</param>
internal readonly record struct TaskStart(bool Found, AgentTask? Task, DelegationFault Fault)
{
    public static readonly TaskStart NoSuchDelegation = new(Found: false, Task: null, DelegationFault.None);
}
