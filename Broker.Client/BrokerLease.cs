using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>A secret on loan. Renewed while it is held, as far as the broker allows; disposing it gives it back.</summary>
public sealed class BrokerLease : IAsyncDisposable
{
    private readonly BrokerConnection _connection;
    private readonly TimeSpan? _timeToLive;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stopRenewing = new();
    private readonly Task _keeping;
    private long _expireTicks;
    private int _over;

    /// <param name="connection">To its broker.</param>
    /// <param name="response">What was handed out.</param>
    /// <param name="options">As it was asked for.</param>
    /// <param name="askTimestamp">When it was asked for, by the connection's clock.</param>
    internal BrokerLease(BrokerConnection connection, IssueLeaseResponse response, LeaseOptions options, long askTimestamp)
    {
        _connection = connection;
        _timeToLive = options.TimeToLive;
        Id = response.Lease.LeaseId;
        DecisionId = response.Decision.DecisionId;
        Secret = response.Secret;
        Revocability = response.Revocability;
        ExpireTime = response.Lease.ExpireTime.ToDateTimeOffset();
        var life = ExpireTime - response.Lease.CreateTime.ToDateTimeOffset();
        var renew = options.Renew ?? connection.Options.RenewLeases;
        _keeping = Task.Run(() => KeepAsync(life, askTimestamp, renew), CancellationToken.None);
    }

    /// <summary>
    /// Raised once, after <see cref="Lost"/> is cancelled, when the lease was taken away or its time is over; not when it is given back
    /// by disposing or by ending the task here. Raised on a thread of the pool: handlers may dispose lease and task.
    /// </summary>
    public event EventHandler<LeaseLostEventArgs>? TakenAway;

    /// <summary>
    /// Raised when the broker tells that the lease ends soon, while there is time to ask for another. A lease that is renewed is usually
    /// renewed before that. Raised on a thread of the pool.
    /// </summary>
    public event EventHandler<LeaseEndingEventArgs>? EndsSoon;

    public string Id { get; }

    /// <summary>The decision that allowed it: what to quote to an operator.</summary>
    public string DecisionId { get; }

    /// <summary>The credential. Keep it out of logs and stores.</summary>
    public Secret Secret { get; }

    /// <summary>What its engine can promise about its end.</summary>
    public Revocability Revocability { get; }

    /// <summary>When it ends unless it is renewed; by the broker's clock.</summary>
    public DateTimeOffset ExpireTime
    {
        get => new(Interlocked.Read(ref _expireTicks), TimeSpan.Zero);
        private set => Interlocked.Exchange(ref _expireTicks, value.UtcTicks);
    }

    /// <summary>Cancelled when the secret is of no more use: taken away, out of time, or given back.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>
    /// Tells the audit log what the secret was used for. A use outside the intent may end the lease, where its grant says so. While the
    /// broker is unavailable the call is repeated, so that the log may hold a use twice.
    /// </summary>
    /// <param name="tool">The tool that used it.</param>
    /// <param name="resource">What was touched: the intent's resource, or what lies below it.</param>
    /// <param name="outcome">How it went.</param>
    /// <param name="action">Null for the intent's action.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>In which ways the use lies outside the intent; empty when it does not.</returns>
    /// <exception cref="SecretsBrokerException">It may not be on the record.</exception>
    public async Task<IReadOnlyList<Violation>> ReportUseAsync(
        string tool, string resource, UseOutcome outcome, string? action = null, CancellationToken cancellationToken = default)
    {
        var request = new ReportUseRequest
        {
            LeaseId = Id,
            Tool = tool,
            Action = action ?? "",
            DownstreamResource = resource,
            Outcome = outcome,
        };
        var response = await _connection.CallAsync(
            call => _connection.Leases.ReportUseAsync(request, call), cancellationToken);
        if (response.LeaseEnded)
        {
            Lose(EndCause.Violation);
        }

        return response.Violations;
    }

    /// <summary>Gives the lease back. Never throws, and never takes longer than one call may: what is not given back ends with its task.</summary>
    public async ValueTask DisposeAsync()
    {
        if (TryEnd())
        {
            try
            {
                await _connection.CallAsync(
                    call => _connection.Leases.RevokeLeaseAsync(new RevokeLeaseRequest { LeaseId = Id }, call), CancellationToken.None);
            }
            catch (SecretsBrokerException)
            {
                // The end of the task, or of its time, takes it.
            }
        }

        await _keeping;
    }

    /// <summary>Ends the lease here; the broker has ended it, or will.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="raise">Whether its holder does not expect it.</param>
    internal void Lose(EndCause cause, bool raise = true)
    {
        if (TryEnd() && raise && TakenAway is { } handlers)
        {
            // Not on the lifeline's own thread: a handler that waits for the task to end would wait for itself.
            _ = Task.Run(() => handlers(this, new LeaseLostEventArgs(cause)));
        }
    }

    internal void NoticeEnd(DateTimeOffset expireTime)
    {
        if (Volatile.Read(ref _over) == 0 && EndsSoon is { } handlers)
        {
            _ = Task.Run(() => handlers(this, new LeaseEndingEventArgs(expireTime)));
        }
    }

    private bool TryEnd()
    {
        if (Interlocked.Exchange(ref _over, 1) != 0)
        {
            return false;
        }

        // Cancelled when these return; what is registered runs on the pool, and cannot stop the lifeline.
        _ = _stopRenewing.CancelAsync();
        _ = _lost.CancelAsync();
        return true;
    }

    // In spans of this machine's clock, counted from the question: the broker's instants are the broker's, and early is the safe side.
    private async Task KeepAsync(TimeSpan life, long askTimestamp, bool renew)
    {
        var shortest = TimeSpan.FromMilliseconds(100);
        try
        {
            while (renew && Left() > shortest)
            {
                await Task.Delay(Left() * 2 / 3, _connection.Time, _stopRenewing.Token);
                if (await RenewAsync(Left()) is { } gain)
                {
                    life += gain;
                    renew = gain > TimeSpan.Zero;
                }
            }

            await Task.Delay(Left() > TimeSpan.Zero ? Left() : TimeSpan.Zero, _connection.Time, _stopRenewing.Token);
            Lose(EndCause.Expired);
        }
        catch (OperationCanceledException)
        {
            // Given back or taken away meanwhile.
        }

        TimeSpan Left() => life - _connection.Time.GetElapsedTime(askTimestamp);
    }

    /// <returns>By how much it was stretched; zero when it will not be any more; null when it is worth another try.</returns>
    private async Task<TimeSpan?> RenewAsync(TimeSpan left)
    {
        if (left <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        using var limit = new CancellationTokenSource(left, _connection.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopRenewing.Token);
        try
        {
            var request = new RenewLeaseRequest { LeaseId = Id, TimeToLive = _timeToLive?.ToDuration() };
            var response = await _connection.CallAsync(call => _connection.Leases.RenewLeaseAsync(request, call), linked.Token);
            var renewed = response.Lease.ExpireTime.ToDateTimeOffset();
            var gain = renewed - ExpireTime;
            ExpireTime = renewed;
            return gain;
        }
        catch (SecretsBrokerException e)
        {
            return e.IsRetryable ? null : TimeSpan.Zero;
        }
        catch (OperationCanceledException) when (!_stopRenewing.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
    }
}
