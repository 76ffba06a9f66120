using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>Instants and durations as the scripts have them: whole milliseconds, fractions cut off; 0 for no instant.</summary>
internal static class RedisTime
{
    public static long Milliseconds(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMillisecond;

    public static DateTimeOffset Instant(RedisResult value) => Instant((long)value);

    public static DateTimeOffset Instant(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? OptionalInstant(RedisResult value) => OptionalInstant((long)value);

    public static DateTimeOffset? OptionalInstant(long milliseconds) => milliseconds == 0 ? null : Instant(milliseconds);
}
