namespace SecretsBroker.Engines.Postgres;

/// <summary>The time of one call: the caller's token and the target's limit, whichever ends first.</summary>
internal sealed class CallLimit : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    public CallLimit(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _time = time;
        _start = time.GetTimestamp();
        _limit = limit;
        _timer = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>What is left of the target's limit; never below zero.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = _limit - _time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
