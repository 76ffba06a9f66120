using System.Data.Common;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Instants as Unix milliseconds.</summary>
internal static class Instants
{
    public static DateTimeOffset Now(TimeProvider clock) => Truncate(clock.GetUtcNow());

    public static DateTimeOffset Truncate(DateTimeOffset instant) =>
        DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());

    public static TimeSpan Truncate(TimeSpan duration) => TimeSpan.FromMilliseconds(duration.Ticks / TimeSpan.TicksPerMillisecond);

    public static long Write(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    public static object? Write(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds();

    public static DateTimeOffset GetInstant(this DbDataReader row, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    public static DateTimeOffset? FindInstant(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInstant(column);
}
