using System.Runtime.ExceptionServices;
using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Commands that go to the server in one round trip. Outside a transaction of the connection's own they are one transaction: all of them
/// take effect, or none.
/// </summary>
internal static class PostgresBatch
{
    /// <returns>The rows of the last command that answers with rows.</returns>
    public static Task<IReadOnlyList<object[]>> RunAsync(
        this NpgsqlConnection connection, CallLimit limit, params IEnumerable<NpgsqlBatchCommand> commands) =>
        connection.RunAllAsync(limit, [commands]);

    /// <summary>
    /// Two transactions in one round trip: the second sees what the first has committed, and what others did meanwhile. It runs also when the
    /// first one fails; that failure is the one that is thrown.
    /// </summary>
    /// <returns>The rows of the last command that answers with rows.</returns>
    public static Task<IReadOnlyList<object[]>> RunAsync(
        this NpgsqlConnection connection, CallLimit limit, IEnumerable<NpgsqlBatchCommand> first, IEnumerable<NpgsqlBatchCommand> second) =>
        connection.RunAllAsync(limit, [first, second]);

    private static async Task<IReadOnlyList<object[]>> RunAllAsync(
        this NpgsqlConnection connection, CallLimit limit, IReadOnlyList<IEnumerable<NpgsqlBatchCommand>> transactions)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var transaction in transactions)
        {
            batch.BatchCommands.Add(Sql.Limit(limit.Remaining));
            foreach (var command in transaction)
            {
                batch.BatchCommands.Add(command);
            }

            // Where the driver tells the server that a transaction ends; behind the last command it does so by itself.
            batch.BatchCommands[^1].AppendErrorBarrier = transaction != transactions[^1];
        }

        try
        {
            return await ReadLastAsync(batch, limit);
        }
        catch (NpgsqlException e) when (e.InnerException is AggregateException { InnerExceptions: [PostgresException first, ..] })
        {
            // Each transaction has failed.
            ExceptionDispatchInfo.Throw(first);
            throw;
        }
    }

    private static async Task<IReadOnlyList<object[]>> ReadLastAsync(NpgsqlBatch batch, CallLimit limit)
    {
        var rows = new List<object[]>();
        await using var reader = await batch.ExecuteReaderAsync(limit.Token);
        do
        {
            rows.Clear();
            while (await reader.ReadAsync(limit.Token))
            {
                var row = new object[reader.FieldCount];
                reader.GetValues(row);
                rows.Add(row);
            }
        }
        while (await reader.NextResultAsync(limit.Token));
        return rows;
    }
}
