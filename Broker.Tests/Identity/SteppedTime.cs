namespace SecretsBroker.Tests.Identity;

/// <summary>Shows the time that the test sets. Its timers are the system's, so that time limits of real connections still end.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public void Advance(TimeSpan span) => _now += span;
}
