namespace SecretsBroker.Tests.Engines.Commands;

/// <summary>An hour passes between any two looks at the clock: what is there when it is first looked for was waited for long enough.</summary>
internal sealed class NoTimeToEnd : TimeProvider
{
    private long _hours;

    public override long GetTimestamp() => Interlocked.Increment(ref _hours) * 3600 * TimestampFrequency;
}
