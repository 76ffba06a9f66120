namespace SecretsBroker.Identity.Keys;

/// <summary>
/// Keeps the keys of one authority current. Callers ask it on every call, so that keys are as fresh as promised without any
/// timer; of many callers one does the work.
/// </summary>
internal abstract class KeySource : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stoppingToken;
    private Task _refresh = Task.CompletedTask;
    private long _due = long.MinValue;
    private long _allowed = long.MinValue;

    protected KeySource(TimeProvider time)
    {
        Time = time;
        _stoppingToken = _stopping.Token;
    }

    /// <summary>How the log calls it: an issuer's URL or a trust domain.</summary>
    public abstract string Name { get; }

    protected TimeProvider Time { get; }

    /// <summary>The keys believed now.</summary>
    protected abstract KeyRing Trusted { get; }

    /// <summary>Whether callers wait for a refresh that has become due, or go on with what is there.</summary>
    protected abstract bool WaitsWhenDue { get; }

    /// <summary>The keys, refreshed if that is due. Costs next to nothing when it is not.</summary>
    public ValueTask<KeyRing> FreshAsync(CancellationToken cancellationToken)
    {
        if (Time.GetTimestamp() < Volatile.Read(ref _due))
            return new ValueTask<KeyRing>(Trusted);
        var refresh = Start();
        return WaitsWhenDue && !refresh.IsCompleted ? WaitAsync(refresh, cancellationToken) : new ValueTask<KeyRing>(Trusted);
    }

    /// <summary>For a token whose key is not among <see cref="FreshAsync"/>: looks again, as often as that is allowed.</summary>
    public ValueTask<KeyRing> SearchAsync(CancellationToken cancellationToken)
    {
        var refresh = Start();
        return refresh.IsCompleted ? new ValueTask<KeyRing>(Trusted) : WaitAsync(refresh, cancellationToken);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>Loads once. Does not throw: what fails is logged, counted and remembered in the schedule it returns.</summary>
    protected abstract Task<Schedule> RefreshAsync(CancellationToken stopping);

    private async ValueTask<KeyRing> WaitAsync(Task refresh, CancellationToken cancellationToken)
    {
        await refresh.WaitAsync(cancellationToken);
        return Trusted;
    }

    private Task Start()
    {
        lock (_gate)
        {
            if (!_refresh.IsCompleted || Time.GetTimestamp() < _allowed || _stoppingToken.IsCancellationRequested)
                return _refresh;
            // Its own task: the caller who happened to come first may give up, the others still wait for it.
            return _refresh = Task.Run(RunAsync);
        }
    }

    private async Task RunAsync()
    {
        var next = await RefreshAsync(_stoppingToken);
        var now = Time.GetTimestamp();
        lock (_gate)
        {
            _allowed = now + Ticks(next.Allowed);
            Volatile.Write(ref _due, now + Ticks(next.Due));
        }
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);

    /// <param name="Due">When the next refresh is due by itself.</param>
    /// <param name="Allowed">When the next may be started by somebody who misses a key.</param>
    protected readonly record struct Schedule(TimeSpan Due, TimeSpan Allowed);
}
