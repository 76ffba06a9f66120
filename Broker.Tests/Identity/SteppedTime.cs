namespace SecretsBroker.Tests.Identity;

/// <summary>Shows the time that the test sets. Its timers are the system's, so that time limits of real connections still end.</summary>
/// <param name="start">When it begins; the beginning of 2030 by default.</param>
internal sealed class SteppedTime(DateTimeOffset? start = null) : TimeProvider
{
    private DateTimeOffset _now = start ?? new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(TimeSpan span) => _now += span;

    public void SetTo(DateTimeOffset time) => _now = time;
}
