using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The server's clock as seen from here, so that a statement can be told until when it may take effect. A connection that is given up is
/// no end: a server that was stopped or cut off still reads, and runs, what was sent to it before.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    private static readonly TimeSpan _maxAge = TimeSpan.FromMinutes(5);
    private Reading? _last;

    /// <summary>The server's time after a span from now: never earlier, and later at most by one round trip.</summary>
    public async ValueTask<DateTime> InAsync(TimeSpan span, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var reading = Volatile.Read(ref _last);
        if (reading is null || time.GetElapsedTime(reading.Sent) > _maxAge)
        {
            reading = await ReadAsync(connection, cancellationToken);
            Volatile.Write(ref _last, reading);
        }

        return reading.Time + time.GetElapsedTime(reading.Sent) + span;
    }

    /// <summary>After a deadline was missed: perhaps this is another server, or its clock was set.</summary>
    public void Forget() => Volatile.Write(ref _last, null);

    private async Task<Reading> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var sent = time.GetTimestamp();
        await using var command = new NpgsqlCommand(Sql.Now, connection);
        return new Reading(sent, (DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    private sealed record Reading(long Sent, DateTime Time);
}
