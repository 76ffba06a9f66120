namespace SecretsBroker.Tests.Simulation;

/// <summary>The way out of one process: every call travels, may take effect, and may be answered, each at a moment of its own.</summary>
internal sealed class Wire(World world, BrokerProcess process)
{
    private const double LostWithItsProcess = 0.5;

    private static readonly TimeSpan _shortDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longDelay = TimeSpan.FromSeconds(15);

    private readonly Chance _chance = world.Chance;

    /// <param name="point">Which call.</param>
    /// <param name="effect">What it does to the world.</param>
    /// <param name="failure">How it fails.</param>
    /// <param name="token">The caller's patience. What has left goes on without it.</param>
    /// <param name="latest">From then on it cannot take effect any more; null for no such limit.</param>
    /// <param name="lost">Called when it has become certain that it will never take effect.</param>
    public ValueTask<T> CallAsync<T>(
        CallPoint point,
        Func<T> effect,
        Func<Exception> failure,
        CancellationToken token,
        DateTimeOffset? latest = null,
        Action? lost = null)
    {
        if (!process.Alive)
        {
            lost?.Invoke();
            return new ValueTask<T>(new TaskCompletionSource<T>().Task);
        }

        if (token.IsCancellationRequested)
        {
            lost?.Invoke();
            return ValueTask.FromCanceled<T>(token);
        }

        var fault = world.Faults.Draw(point);
        world.Log?.Write($"{process.Name} > {point}{(fault == Fault.None ? "" : $" !{fault}")}");
        var answer = new PendingAnswer<T>(token);
        var arrival = Latency() + (fault is Fault.CrashInFlight || (fault is Fault.Delay && _chance.In(0.5)) ? LongDelay() : default);
        var back = Latency() + (fault is Fault.Delay && _chance.In(0.7) ? LongDelay() : default);
        if (latest is { } limit)
        {
            // Just in time is the most interesting time.
            var left = limit - world.Scheduler.Now - TimeSpan.FromMilliseconds(1);
            arrival = arrival > left || (arrival > _shortDelay && _chance.In(0.5)) ? left : arrival;
        }

        if (fault is Fault.CrashBefore or Fault.CrashInFlight)
        {
            process.Crash();
        }

        if (fault is Fault.CrashBefore || arrival < TimeSpan.Zero)
        {
            lost?.Invoke();
            world.Tally.Hit(point, fault);
            return answer.AsValueTask();
        }

        world.Scheduler.After(arrival, Arrive);
        return answer.AsValueTask();

        void Arrive()
        {
            if (fault is Fault.Error || (!process.Alive && fault != Fault.CrashInFlight && _chance.In(LostWithItsProcess)))
            {
                lost?.Invoke();
                world.Tally.Hit(point, fault);
                world.Scheduler.After(back, () => answer.Fail(failure()));
                return;
            }

            var happened = Happen(effect);
            world.Tally.Hit(point, fault);
            world.Log?.Write($"{process.Name} = {point} {happened}");
            if (fault is Fault.CrashAfter)
            {
                process.Crash();
            }
            else
            {
                world.Scheduler.After(back, () => answer.Answer(fault is Fault.LostAnswer ? new(default!, failure()) : happened));
            }
        }
    }

    private static Happened<T> Happen<T>(Func<T> effect)
    {
        try
        {
            return new Happened<T>(effect(), null);
        }
        catch (BrokerException e)
        {
            return new Happened<T>(default!, e);
        }
    }

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(Math.Max(0, _chance.Below(6) - 2));

    private TimeSpan LongDelay() => _chance.Between(_shortDelay, _longDelay);

    private readonly record struct Happened<T>(T Result, Exception? Failure)
    {
        public override string ToString() => Failure?.Message ?? Words.Of(Result);
    }

    private sealed class PendingAnswer<T>
    {
        private readonly TaskCompletionSource<T> _answer = new();
        private readonly CancellationTokenRegistration _givingUp;

        public PendingAnswer(CancellationToken token) =>
            _givingUp = token.UnsafeRegister(_ => _answer.TrySetCanceled(token), state: null);

        public ValueTask<T> AsValueTask() => new(_answer.Task);

        public void Fail(Exception failure) => Answer(new Happened<T>(default!, failure));

        public void Answer(Happened<T> happened)
        {
            _givingUp.Dispose();
            if (happened.Failure is { } failure)
            {
                _answer.TrySetException(failure);
            }
            else
            {
                _answer.TrySetResult(happened.Result);
            }
        }
    }
}
