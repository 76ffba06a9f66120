using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Revocation;

/// <summary>Ends a task with all that was delegated from it, and takes the leases back at once, without waiting for a sweep.</summary>
internal sealed partial class TaskEnder(
    ILeaseStore store, Revoker revoker, DelegationEnder delegations, TaskEndRecorder recorder, ILogger<TaskEnder> logger)
{
    /// <summary>
    /// Waits for the leases as long as the token allows; what is not gone by then goes on in the background. When it returns, nothing is
    /// issued any more beneath the task either.
    /// </summary>
    /// <returns>The task, and each lease as it was last seen.</returns>
    /// <exception cref="StoreException">Not all that is beneath it could be ended; the sweep goes on, and the call may be repeated.</exception>
    public async Task<EndTaskResult> EndAsync(TaskKey key, TaskOutcome outcome, CancellationToken cancellationToken)
    {
        var ended = await store.EndTaskAsync(key, outcome, cancellationToken);
        if (ended.Status == EndTaskStatus.NotFound)
        {
            return ended;
        }

        var revocations = ended.Leases.Select(lease => revoker.RevokeOrFollowAsync(lease, cancellationToken)).ToArray();
        // Not with the caller's token: a record that is slow must not cost the caller the answer.
        var record = ended.Status == EndTaskStatus.Ended ? recorder.RecordAsync(ended.Task!, CancellationToken.None) : Task.CompletedTask;
        await delegations.EndOfTaskAsync(key, ended.Delegations);
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

        await Task.WhenAll(
            delegations.EndOfTaskAsync(ended.Task!.Key, ended.Delegations), recorder.RecordAsync(ended.Task, cancellationToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Task {TaskId}: {Count} revocations go on after the call's deadline")]
    private partial void LogGoesOn(TaskId taskId, int count);
}
