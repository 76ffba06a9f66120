using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>
/// An open task whose lifeline is held. Disposing it ends it: as succeeded after <see cref="Succeed"/>, otherwise as failed, so that
/// a block that an exception leaves is a failed task.
/// </summary>
public sealed class BrokerTask : IAsyncDisposable
{
    private readonly BrokerConnection _connection;
    private readonly LifelineLoop _lifeline;
    private readonly HeldLeases _leases = new();
    private readonly CancellationTokenSource _ended = new();
    private volatile bool _succeeded;
    private int _completing;
    private int _outcome;

    internal BrokerTask(BrokerConnection connection, V1.Task task)
    {
        _connection = connection;
        Id = task.TaskId;
        Purpose = task.Purpose;
        _lifeline = new LifelineLoop(connection, task.TaskId, this);
    }

    public string Id { get; }

    public string Purpose { get; }

    /// <summary>Cancelled when the task has ended, whoever ended it.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>How it ended; unspecified while it is open, and when it ended without the broker's saying how.</summary>
    public TaskOutcome Outcome => (TaskOutcome)Volatile.Read(ref _outcome);

    /// <summary>Asks for a secret of this task. Dispose the lease to give it back before the task ends.</summary>
    /// <param name="action">For example <c>read</c>.</param>
    /// <param name="resource">For example <c>invoices-api/invoices</c>.</param>
    /// <param name="options">What else there is to say of the intent.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AccessDeniedException">Not allowed.</exception>
    /// <exception cref="ApprovalNeededException">Nobody has approved it yet, and <see cref="LeaseOptions.ApprovalWait"/> is over.</exception>
    /// <exception cref="QuotaExceededException">Too many leases, or too fast.</exception>
    /// <exception cref="TaskEndedException">The task has ended.</exception>
    /// <exception cref="SecretsBrokerException">Anything else; nothing was handed out.</exception>
    public async Task<BrokerLease> AcquireAsync(
        string action, string resource, LeaseOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LeaseOptions();
        using var seal = options.Sealed ?? _connection.Options.SealSecrets ? new RecipientSeal() : null;
        var request = new IssueLeaseRequest
        {
            TaskId = Id,
            Intent = new Intent
            {
                Action = action,
                Resource = resource,
                Tool = options.Tool,
                Purpose = options.Purpose ?? Purpose,
                TimeToLive = options.TimeToLive?.ToDuration(),
            },
            Credential = options.Credential,
            // With it a repeated call replaces what a lost answer left behind.
            RequestId = SecretsBrokerClient.NewId("r-"),
            RecipientKey = seal?.PublicKey ?? "",
            ApprovalId = options.ApprovalId,
            BreakGlass = options.BreakGlass is { } justification ? new BreakGlass { Justification = justification } : null,
        };
        using var place = _leases.Expect();
        var (response, askTimestamp) = await IssueAsync(request, options.ApprovalWait, cancellationToken);
        if (seal is not null)
        {
            response.Secret = await OpenAsync(seal, response);
        }

        var lease = new BrokerLease(_connection, response, options, askTimestamp);
        if (_leases.Add(lease) is { } cause)
        {
            lease.Lose(cause);
        }

        return lease;
    }

    /// <summary>Lets another workload act for this task, which was started with a <see cref="TaskOptions.Scope"/>.</summary>
    /// <param name="workload">The other's SPIFFE ID.</param>
    /// <param name="options">Within which bounds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AccessDeniedException">It would be more than what is above, too deep, or a circle.</exception>
    /// <exception cref="QuotaExceededException">The task has delegated as often as it may.</exception>
    /// <exception cref="TaskEndedException">The task has ended.</exception>
    /// <exception cref="SecretsBrokerException">Anything else.</exception>
    public async Task<BrokerDelegation> DelegateAsync(
        string workload, DelegationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new DelegationOptions();
        var request = new CreateDelegationRequest
        {
            TaskId = Id,
            Delegate = workload,
            Scope = options.Scope?.ToMessage(),
            ExpireTime = options.Lifetime is { } lifetime ? (_connection.Time.GetUtcNow() + lifetime).ToTimestamp() : null,
            MaxUses = options.MaxUses ?? 0,
            MoreHops = options.MoreHops,
            MayRephrase = options.MayRephrase,
            // With it a repeated call finds what a lost answer left behind.
            RequestId = SecretsBrokerClient.NewId("g-"),
        };
        var response = await _connection.CallAsync(
            call => _connection.Delegations.CreateDelegationAsync(request, call), cancellationToken);
        return new BrokerDelegation(_connection, response.Delegation);
    }

    /// <summary>Says that the work is done: disposing ends the task as succeeded.</summary>
    public void Succeed() => _succeeded = true;

    /// <summary>Ends the task now.</summary>
    /// <param name="outcome">Succeeded, failed or aborted.</param>
    /// <param name="cancellationToken">Stops waiting; disposing then tries once more.</param>
    /// <returns>What became of each of its leases: proven gone, or still being worked on by the broker.</returns>
    /// <exception cref="SecretsBrokerException">The broker was not reached: it ends the task as lost after the grace period.</exception>
    public async Task<IReadOnlyList<LeaseEnd>> CompleteAsync(TaskOutcome outcome, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _completing, 1);
        var request = new CompleteTaskRequest { TaskId = Id, Outcome = outcome };
        CompleteTaskResponse response;
        try
        {
            response = await _connection.CallAsync(
                call => _connection.Tasks.CompleteTaskAsync(request, call), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Volatile.Write(ref _completing, 0);
            throw;
        }

        MarkEnded(response.Task.Outcome);
        await _lifeline.DisposeAsync();
        return response.LeaseEnds;
    }

    /// <summary>Ends the task unless it has ended. Never throws for the broker's sake, and never takes longer than one call may.</summary>
    public ValueTask DisposeAsync() => EndAsync(_succeeded ? TaskOutcome.Succeeded : TaskOutcome.Failed);

    /// <summary>Disposes it as aborted.</summary>
    internal ValueTask AbortAsync() => EndAsync(TaskOutcome.Aborted);

    private async Task<(IssueLeaseResponse Response, long AskTimestamp)> IssueAsync(
        IssueLeaseRequest request, TimeSpan? approvalWait, CancellationToken cancellationToken)
    {
        var askTimestamp = _connection.Time.GetTimestamp();
        try
        {
            return (await CallAsync(), askTimestamp);
        }
        catch (ApprovalNeededException e) when (approvalWait is not null && e.ApprovalId.Length > 0)
        {
            if (!await ApprovalWait.IsDecidedAsync(_connection, e.ApprovalId, approvalWait.Value, cancellationToken))
            {
                throw;
            }

            // Whatever was decided, the broker says it in its own words.
            request.ApprovalId = e.ApprovalId;
            askTimestamp = _connection.Time.GetTimestamp();
            return (await CallAsync(), askTimestamp);
        }

        Task<IssueLeaseResponse> CallAsync() =>
            _connection.CallAsync(call => _connection.Leases.IssueLeaseAsync(request, call), cancellationToken);
    }

    private async ValueTask EndAsync(TaskOutcome outcome)
    {
        try
        {
            if (Volatile.Read(ref _completing) == 0 && !_ended.IsCancellationRequested)
            {
                await CompleteAsync(outcome);
            }
        }
        catch (SecretsBrokerException)
        {
            // The lifeline ends with this process's interest in it: the broker takes the leases back after the grace period.
        }
        finally
        {
            Volatile.Write(ref _completing, 1);
            MarkEnded(TaskOutcome.Unspecified);
            await _lifeline.DisposeAsync();
        }
    }

    internal Task OpenLifelineAsync(CancellationToken cancellationToken) => _lifeline.OpenAsync(cancellationToken);

    internal void OnLeaseEnded(string leaseId, EndCause cause) =>
        _leases.Remove(leaseId, cause)?.Lose(cause, raise: !IsOwnDoing(cause));

    internal void OnLeaseEnding(string leaseId, DateTimeOffset expireTime) => _leases.Find(leaseId)?.NoticeEnd(expireTime);

    /// <summary>The broker says that it has ended.</summary>
    internal void OnEnded(TaskOutcome outcome) => MarkEnded(outcome);

    private void MarkEnded(TaskOutcome outcome)
    {
        if (outcome != TaskOutcome.Unspecified)
        {
            Interlocked.CompareExchange(ref _outcome, (int)outcome, (int)TaskOutcome.Unspecified);
        }

        var cause = CauseOf(outcome);
        foreach (var lease in _leases.RemoveAll(cause))
        {
            lease.Lose(cause, raise: !IsOwnDoing(cause));
        }

        // What is registered runs on the pool, and cannot stop the lifeline.
        _ = _ended.CancelAsync();
    }

    /// <exception cref="SecretsBrokerException">It is not sealed as it was asked for; it is given back.</exception>
    private async Task<Secret> OpenAsync(RecipientSeal seal, IssueLeaseResponse response)
    {
        try
        {
            return seal.Open(response.Secret, response.Lease.LeaseId);
        }
        catch (SecretsBrokerException)
        {
            await GiveBackAsync(response.Lease.LeaseId);
            throw;
        }
    }

    private async Task GiveBackAsync(string leaseId)
    {
        try
        {
            var request = new RevokeLeaseRequest { LeaseId = leaseId };
            await _connection.CallAsync(call => _connection.Leases.RevokeLeaseAsync(request, call), CancellationToken.None);
        }
        catch (SecretsBrokerException)
        {
            // It ends with its task.
        }
    }

    private bool IsOwnDoing(EndCause cause) =>
        Volatile.Read(ref _completing) == 1
        && cause is (EndCause.Unspecified or EndCause.Completed or EndCause.Failed or EndCause.Aborted);

    private static EndCause CauseOf(TaskOutcome outcome) => outcome switch
    {
        TaskOutcome.Succeeded => EndCause.Completed,
        TaskOutcome.Failed => EndCause.Failed,
        TaskOutcome.Aborted => EndCause.Aborted,
        TaskOutcome.Lost => EndCause.Lost,
        _ => EndCause.Unspecified,
    };
}
