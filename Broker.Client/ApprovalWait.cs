using Grpc.Core;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>Waits until a request is decided, at whatever broker answers.</summary>
internal static class ApprovalWait
{
    /// <returns>Whether there is something to be had by asking again: it is decided, one way or the other.</returns>
    public static async Task<bool> IsDecidedAsync(
        BrokerConnection connection, string approvalId, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(limit, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        for (var failures = 1; ; failures++)
        {
            try
            {
                if (await FollowAsync(connection, approvalId, either.Token))
                {
                    return true;
                }
            }
            catch (Exception e) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("nobody waits for the approval any more", e, cancellationToken);
            }
            catch (Exception) when (over.IsCancellationRequested)
            {
                return false;
            }
            catch (RpcException e) when (!Statuses.IsSafeToRepeat(e) && !Statuses.IsMissingNonce(e))
            {
                throw Statuses.ToException(e);
            }
            catch (RpcException)
            {
                // Broken, over, or at a broker that is stopping or wants its own nonce, which came with the refusal: waited for further below.
            }

            try
            {
                await Task.Delay(BrokerConnection.DelayAfter(failures), connection.Time, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    /// <returns>False when the stream ended before it was decided.</returns>
    private static async Task<bool> FollowAsync(BrokerConnection connection, string approvalId, CancellationToken cancellationToken)
    {
        var options = await connection.OptionsAsync(deadline: null, cancellationToken);
        using var stream = connection.Approvals.WaitApproval(new WaitApprovalRequest { ApprovalId = approvalId }, options);
        while (await stream.ResponseStream.MoveNext(cancellationToken))
        {
            if (stream.ResponseStream.Current.Approval.State != ApprovalState.Pending)
            {
                return true;
            }
        }

        return false;
    }
}
