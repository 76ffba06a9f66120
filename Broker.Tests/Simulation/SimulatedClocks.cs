namespace SecretsBroker.Tests.Simulation;

/// <summary>The store's clock.</summary>
internal sealed class WorldClock(Scheduler scheduler) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => scheduler.Now;

    public override long GetTimestamp() => scheduler.Now.UtcTicks;
}

/// <summary>
/// A broker's own clock: its seconds are as long as everybody's, its time of day is wrong. Its timers fire in the broker's
/// process, or never if that has died.
/// </summary>
internal sealed class ProcessClock(Scheduler scheduler, BrokerProcess process, TimeSpan wrongBy) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => scheduler.Now + wrongBy;

    public override long GetTimestamp() => scheduler.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ProcessTimer(scheduler, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ProcessTimer(Scheduler scheduler, BrokerProcess process, Action callback) : ITimer
    {
        private ScheduledEvent? _next;
        private long _armed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period > TimeSpan.Zero)
            {
                throw new NotSupportedException("the simulation has no use for repeating timers");
            }

            Disarm();
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                var armed = _armed;
                _next = scheduler.After(dueTime, () => scheduler.Post(process, () => Fire(armed)));
            }

            return true;
        }

        public void Dispose() => Disarm();

        public ValueTask DisposeAsync()
        {
            Disarm();
            return ValueTask.CompletedTask;
        }

        private void Disarm()
        {
            _armed++;
            _next?.Cancel();
        }

        private void Fire(long armed)
        {
            if (armed == _armed)
            {
                callback();
            }
        }
    }
}
