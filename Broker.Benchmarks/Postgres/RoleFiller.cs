using Npgsql;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>Makes roles like those of leases, in bulk: as a superuser, because for the account it can take hours.</summary>
internal sealed class RoleFiller(BenchmarkDatabase database, string group, CurveOptions options) : IAsyncDisposable
{
    private const int Batch = 500;

    /// <summary>The first version in which an account is a member of each role that it makes.</summary>
    private const int VersionOfMembership = 16;

    private readonly NpgsqlDataSource _connections = NpgsqlDataSource.Create(database.SuperuserConnectionString);
    private readonly string _verifier = ScramVerifier.Compute(Secret.Random().Bytes, iterations: 1);
    private int _made;

    public async Task FillAsync(int level)
    {
        await using var connection = await _connections.OpenConnectionAsync();
        var isMember = !options.HasFunctions && connection.PostgreSqlVersion.Major >= VersionOfMembership;
        while (_made < level)
        {
            await using var batch = new NpgsqlBatch(connection);
            for (var i = 0; i < Batch; i++)
            {
                foreach (var statement in StatementsFor(PostgresNames.RoleOf(LeaseId.New(0)), isMember))
                    batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
            }

            await batch.ExecuteNonQueryAsync();
            _made += Batch;
        }

        // What is read is what leases leave, and not what filling did.
        await database.VacuumCatalogueAsync();
    }

    public async Task<string> VersionAsync()
    {
        await using var connection = await _connections.OpenConnectionAsync();
        return connection.ServerVersion;
    }

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    private IEnumerable<string> StatementsFor(string role, bool isMember)
    {
        yield return $"CREATE ROLE \"{role}\" LOGIN CONNECTION LIMIT 5 VALID UNTIL '2100-01-01' PASSWORD '{_verifier}' IN ROLE \"{group}\"";
        if (options.HasTimeouts)
            yield return $"ALTER ROLE \"{role}\" SET statement_timeout = 60000";
        if (isMember)
            yield return $"GRANT \"{role}\" TO {BenchmarkDatabase.Account} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE";
    }
}
