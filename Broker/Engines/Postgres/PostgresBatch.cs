using Npgsql;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Commands that go to the server in one round trip. Outside a transaction of the connection's own they are one transaction: all of them
/// take effect, or none.
/// </summary>
internal static class PostgresBatch
{
    /// <returns>The rows of the last command that answers with rows.</returns>
    public static async Task<IReadOnlyList<object[]>> RunAsync(
        this NpgsqlConnection connection,
        CallLimit limit,
        params IEnumerable<NpgsqlBatchCommand> commands)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Limit(limit.Remaining));
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

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
