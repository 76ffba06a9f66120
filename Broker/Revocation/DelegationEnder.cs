using System.Collections.Concurrent;
using SecretsBroker.Audit;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Revocation;

/// <summary>
/// Ends delegations with all that is beneath them: tasks, their leases, what those tasks have delegated in turn, across shards. It goes
/// down: what is above has ended before what is beneath is looked for, so that nothing comes after the look. When a call returns, nothing
/// is issued beneath any more, and what was live is being revoked. Each step may be repeated, here or at another broker.
/// </summary>
internal sealed partial class DelegationEnder(
    ILeaseStore store,
    IDelegationStore delegations,
    Revoker revoker,
    TaskEndRecorder recorder,
    IAuditSink audit,
    BrokerMetrics metrics,
    ILogger<DelegationEnder> logger)
{
    private const string TaskEnded = "its task ended";
    private const string EndedByOne = "ended by its delegator or its delegate";

    // What this broker is at, so that its own sweep does not do the same beside it.
    private readonly ConcurrentDictionary<DelegationId, byte> _inHand = new();

    /// <exception cref="StoreException">Not all that is beneath could be ended; the sweep goes on, and the call may be repeated.</exception>
    public async Task EndAsync(Delegation delegation, string reason)
    {
        var change = new DelegationChangeNote(delegation.Id, delegation.Task);
        _inHand.TryAdd(change.Id, 0);
        try
        {
            // Before anything else: whoever finds this note can end the rest.
            await delegations.BeginDelegationChangeAsync(change, CancellationToken.None);
            await EndAsync(change, reason, isRepetition: false);
        }
        finally
        {
            _inHand.TryRemove(change.Id, out _);
        }
    }

    /// <summary>Ends what a task that has ended had delegated. The store has noted it with the task's end.</summary>
    public Task EndOfTaskAsync(TaskKey task, IReadOnlyList<DelegationId> given) => given.Count == 0
        ? Task.CompletedTask
        : FanOut.ForEachAsync(given, id => EndAsync(new DelegationChangeNote(id, task), TaskEnded, isRepetition: false));

    /// <summary>Goes on where somebody else has stopped.</summary>
    public async Task FinishAsync(DelegationChangeNote change)
    {
        if (!_inHand.TryAdd(change.Id, 0))
        {
            return;
        }

        try
        {
            var task = await store.FindTaskAsync(change.Task, CancellationToken.None);
            await EndAsync(change, task is { IsOpen: true } ? EndedByOne : TaskEnded, isRepetition: true);
        }
        finally
        {
            _inHand.TryRemove(change.Id, out _);
        }
    }

    private async Task EndAsync(DelegationChangeNote change, string reason, bool isRepetition)
    {
        var ended = await delegations.EndDelegationAsync(change.Id, CancellationToken.None);
        var tasks = await delegations.ListDelegatedTasksAsync(change.Id, CancellationToken.None);
        await FanOut.ForEachAsync(tasks, EndTaskAsync);
        await delegations.FinishDelegationChangeAsync(change, CancellationToken.None);
        if (ended)
        {
            metrics.DelegationChanged(DelegationChange.Ended);
        }

        if (ended || isRepetition)
        {
            await RecordAsync(change.Id, reason, isRepetition);
        }
    }

    private async Task EndTaskAsync(TaskKey task)
    {
        // Before the task: its own end would be a cause as well, and the first one stands.
        var leases = await store.ListTaskLeasesAsync(task, CancellationToken.None);
        await FanOut.ForEachAsync(leases, lease => store.EndAsync(lease.Id, EndCause.Delegation, CancellationToken.None).AsTask());
        var ended = await store.EndTaskAsync(task, TaskOutcome.Aborted, CancellationToken.None);
        foreach (var lease in ended.Leases)
        {
            revoker.RevokeSoon(lease.Id);
        }

        await EndOfTaskAsync(task, ended.Delegations);
        if (ended.Status == EndTaskStatus.Ended)
        {
            await recorder.RecordAsync(ended.Task!, CancellationToken.None);
        }
    }

    private async Task RecordAsync(DelegationId id, string reason, bool isRepetition)
    {
        try
        {
            if (await delegations.FindDelegationAsync(id, CancellationToken.None) is not { } delegation
                || (isRepetition && await audit.ContainsAsync(DelegationRecords.EndedId(id), CancellationToken.None)))
            {
                return;
            }

            LogEnded(id, delegation.Delegator, delegation.Delegate, reason);
            await audit.AppendAsync(DelegationRecords.Ended(delegation, reason), CancellationToken.None);
        }
        catch (AuditException e)
        {
            // Taking access away never waits for the record; each lease's own revocation does record itself later.
            LogNotRecorded(id, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Delegation {Delegation} of {Delegator} to {Delegate} ended: {Reason}")]
    private partial void LogEnded(
        DelegationId delegation, Identity.WorkloadId delegator, Identity.WorkloadId @delegate, string reason);

    [LoggerMessage(LogLevel.Error, "The end of delegation {Delegation} is not in the audit log: {Failure}")]
    private partial void LogNotRecorded(DelegationId delegation, string failure);
}
