namespace SecretsBroker.Engines;

/// <summary>Whether one kind of call works at a target, as this broker has seen it. Below a few failures in a row it counts as working.</summary>
internal sealed class CallHealth(TimeProvider time)
{
    private const int FailuresUntilDown = 3;

    private readonly Lock _lock = new();
    private State _state = new(HealthStatus.Unknown, Since: null);
    private int _failures;
    private long? _returned;

    /// <param name="Status">How it is.</param>
    /// <param name="Since">By this broker's clock; null while unknown.</param>
    internal sealed record State(HealthStatus Status, DateTimeOffset? Since);

    public State Current => Volatile.Read(ref _state);

    public bool IsDown => Current.Status == HealthStatus.Down;

    /// <summary>For how long it has worked since it was down; null when it is down, or was never.</summary>
    public TimeSpan? SinceReturn
    {
        get
        {
            lock (_lock)
            {
                return _returned is { } returned ? time.GetElapsedTime(returned) : null;
            }
        }
    }

    public void Succeeded()
    {
        if (_failures == 0 && Current.Status == HealthStatus.Up)
        {
            return;
        }

        lock (_lock)
        {
            _failures = 0;
            Become(HealthStatus.Up);
        }
    }

    public void Failed()
    {
        lock (_lock)
        {
            if (++_failures >= FailuresUntilDown)
            {
                Become(HealthStatus.Down);
            }
        }
    }

    private void Become(HealthStatus status)
    {
        if (_state.Status != status)
        {
            _returned = _state.Status == HealthStatus.Down ? time.GetTimestamp() : null;
            Volatile.Write(ref _state, new State(status, time.GetUtcNow()));
        }
    }
}

internal enum HealthStatus
{
    /// <summary>Not called yet.</summary>
    Unknown = 1,
    Up = 2,
    Down = 3,
}
