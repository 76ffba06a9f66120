using System.Globalization;

namespace SecretsBroker.Engines;

/// <summary>
/// A time in what is kept of a credential, as a number since 1970. A record that is damaged has none, and its lease is revoked as one of which
/// none was kept.
/// </summary>
internal static class KeptTime
{
    /// <summary>Any leeway can be added to it.</summary>
    private static readonly DateTimeOffset Latest = DateTimeOffset.MaxValue.AddYears(-1);

    /// <returns>Null for what is none.</returns>
    public static DateTimeOffset? ReadSeconds(ReadOnlySpan<char> text) => Read(text, TimeSpan.TicksPerSecond);

    /// <inheritdoc cref="ReadSeconds"/>
    public static DateTimeOffset? ReadMilliseconds(ReadOnlySpan<char> text) => Read(text, TimeSpan.TicksPerMillisecond);

    private static DateTimeOffset? Read(ReadOnlySpan<char> text, long ticks) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= (Latest - DateTimeOffset.UnixEpoch).Ticks / ticks
            ? DateTimeOffset.UnixEpoch.AddTicks(count * ticks)
            : null;
}
