namespace SecretsBroker.Engines;

/// <summary>How often something happened within the last minute, to the second.</summary>
internal sealed class CallRate(TimeProvider time)
{
    public const int Seconds = 60;

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private readonly (long Second, int Count)[] _counts = new (long, int)[Seconds];

    public void Add()
    {
        var second = Second();
        lock (_lock)
        {
            ref var slot = ref _counts[second % Seconds];
            slot = (second, slot.Second == second ? slot.Count + 1 : 1);
        }
    }

    public long LastMinute
    {
        get
        {
            var second = Second();
            lock (_lock)
            {
                return _counts.Where(slot => slot.Second > second - Seconds).Sum(slot => (long)slot.Count);
            }
        }
    }

    private long Second() => (long)time.GetElapsedTime(_start).TotalSeconds;
}
