namespace SecretsBroker.Tests.Simulation;

/// <summary>
/// The only thing that runs: one thread, one clock that jumps from event to event, and the work of all simulated processes in an
/// order that is drawn anew at every step.
/// </summary>
internal sealed class Scheduler(Chance chance, Action afterStep)
{
    private const double WorkFirst = 0.7;

    private readonly PriorityQueue<ScheduledEvent, (DateTimeOffset Time, long Sequence)> _events = new();
    private readonly List<(BrokerProcess Process, Action Work)> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Grows with every step: tells what came first among what happened at the same instant.</summary>
    public long Sequence { get; private set; }

    public ScheduledEvent After(TimeSpan delay, Action action)
    {
        var scheduled = new ScheduledEvent(action);
        _events.Enqueue(scheduled, (Now + delay, ++Sequence));
        return scheduled;
    }

    public void Post(BrokerProcess process, Action work)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("the broker's work has escaped to another thread: the simulation would not replay");
        }

        _ready.Add((process, work));
    }

    /// <summary>Runs until an instant, or until <paramref name="done"/> holds between two instants.</summary>
    public void RunUntil(DateTimeOffset end, Func<bool>? done = null)
    {
        while (true)
        {
            var more = _events.TryPeek(out _, out var next);
            if (_ready.Count > 0 && (!more || next.Time > Now || chance.In(WorkFirst)))
            {
                RunOneReady();
            }
            else if (done?.Invoke() == true)
            {
                return;
            }
            else if (!more || next.Time > end)
            {
                Now = end;
                return;
            }
            else
            {
                Now = next.Time;
                _events.Dequeue().Run();
            }

            Sequence++;
            afterStep();
        }
    }

    private void RunOneReady()
    {
        var index = chance.Below(_ready.Count);
        var (process, work) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        process.Run(work);
    }
}

/// <summary>Something that will happen, unless it is cancelled before.</summary>
internal sealed class ScheduledEvent(Action action)
{
    private bool _cancelled;

    public void Cancel() => _cancelled = true;

    public void Run()
    {
        if (!_cancelled)
        {
            action();
        }
    }
}
