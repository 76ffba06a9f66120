using Npgsql;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>Makes roles like those of leases, in bulk.</summary>
internal sealed class RoleFiller(string connectionString, string group, bool hasTimeouts) : IAsyncDisposable
{
    private const int Batch = 500;

    private readonly NpgsqlDataSource _connections = NpgsqlDataSource.Create(connectionString);
    private readonly string _verifier = ScramVerifier.Compute(Secret.Random().Bytes, iterations: 1);
    private int _made;

    public async Task FillAsync(int level)
    {
        while (_made < level)
        {
            await using var batch = _connections.CreateBatch();
            for (var i = 0; i < Batch; i++)
            {
                var role = PostgresNames.RoleOf(LeaseId.New(0));
                batch.BatchCommands.Add(new NpgsqlBatchCommand(
                    $"CREATE ROLE \"{role}\" LOGIN CONNECTION LIMIT 5 VALID UNTIL '2100-01-01' "
                    + $"PASSWORD '{_verifier}' IN ROLE \"{group}\""));
                if (hasTimeouts)
                    batch.BatchCommands.Add(new NpgsqlBatchCommand($"ALTER ROLE \"{role}\" SET statement_timeout = 60000"));
            }

            await batch.ExecuteNonQueryAsync();
            _made += Batch;
        }
    }

    public ValueTask DisposeAsync() => _connections.DisposeAsync();
}
