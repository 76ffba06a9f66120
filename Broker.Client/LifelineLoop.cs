using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>Holds a task's lifeline open, takes it up again when it breaks, and passes on what the broker tells.</summary>
internal sealed class LifelineLoop(BrokerConnection connection, string taskId, BrokerTask task) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;

    /// <summary>Returns when the lifeline holds.</summary>
    /// <exception cref="SecretsBrokerException">It does not, and will not within the time of one call.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _loop = Task.Run(HoldAsync, CancellationToken.None);
        try
        {
            await _held.Task.WaitAsync(connection.Options.CallTimeout, connection.Time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw Statuses.TimedOut(connection.Options.CallTimeout, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
    }

    private async Task HoldAsync()
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                if (await FollowAsync(() => failures = 0) is { } outcome)
                {
                    _held.TrySetException(new TaskEndedException("the task has ended"));
                    task.OnEnded(outcome);
                    return;
                }
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (IsFinal(e))
            {
                // One that never held says nothing of the task: who waits for it ends the task.
                if (!_held.TrySetException(Statuses.ToException(e)))
                {
                    task.OnEnded(TaskOutcome.Unspecified);
                }

                return;
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException or SecretsBrokerException)
            {
                // Broken, or this broker is stopping: taken up again below, before the grace period is over.
            }

            try
            {
                await Task.Delay(BrokerConnection.DelayAfter(Math.Max(failures, 1)), connection.Time, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <returns>How the task has ended; null when only the stream has.</returns>
    private async Task<TaskOutcome?> FollowAsync(Action onHeld)
    {
        var request = new HoldTaskRequest { TaskId = taskId, Grace = connection.Options.LifelineGrace?.ToDuration() };
        using var call = connection.Tasks.HoldTask(request, await connection.OptionsAsync(deadline: null, _stopping.Token));
        while (await call.ResponseStream.MoveNext(_stopping.Token))
        {
            var happened = call.ResponseStream.Current;
            switch (happened.EventCase)
            {
                case HoldTaskResponse.EventOneofCase.Held:
                    onHeld();
                    _held.TrySetResult();
                    break;
                case HoldTaskResponse.EventOneofCase.LeaseEnded:
                    task.OnLeaseEnded(happened.LeaseEnded.LeaseId, happened.LeaseEnded.Cause);
                    break;
                case HoldTaskResponse.EventOneofCase.LeaseEnding:
                    task.OnLeaseEnding(happened.LeaseEnding.LeaseId, happened.LeaseEnding.ExpireTime.ToDateTimeOffset());
                    break;
                case HoldTaskResponse.EventOneofCase.TaskEnded:
                    return happened.TaskEnded.Outcome;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether trying again is of no use. A token that is refused may only be late in being rotated, so it ends a lifeline only before it
    /// has ever held.
    /// </summary>
    private bool IsFinal(Exception failure) => failure switch
    {
        ObjectDisposedException => true,
        RpcException e when Statuses.IsMissingNonce(e) => false,
        RpcException { StatusCode: StatusCode.NotFound or StatusCode.FailedPrecondition } => true,
        RpcException { StatusCode: StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.InvalidArgument } or
            SecretsBrokerException => !_held.Task.IsCompletedSuccessfully,
        _ => false,
    };
}
