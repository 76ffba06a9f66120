using System.Security.Cryptography;
using Npgsql;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>A PostgreSQL server with its defaults, so with fsync, a table, and an account for the broker that can make roles.</summary>
internal sealed class BenchmarkDatabase : IAsyncDisposable
{
    private const string Account = "broker";

    private readonly PostgresServer _server;
    private readonly TemporaryFolder _folder = new();

    private BenchmarkDatabase(PostgresServer server) => _server = server;

    public string Catalog => BenchmarkCatalog.Roles(_server, Account, PasswordFile);

    private string PasswordFile => Path.Combine(_folder.Path, "password");

    public static async Task<BenchmarkDatabase> StartAsync()
    {
        var database = new BenchmarkDatabase(await PostgresServer.StartAsync());
        try
        {
            await database.PrepareAsync();
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task PrepareAsync()
    {
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await File.WriteAllTextAsync(PasswordFile, password);
        var superuser = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _server.Port,
            Database = "postgres",
            Username = PostgresServer.Username,
            Password = _server.Password,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(superuser.ConnectionString);
        await connection.OpenAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // The password is hexadecimal.
                new NpgsqlBatchCommand($"CREATE ROLE {Account} LOGIN CREATEROLE PASSWORD '{password}'"),
                new NpgsqlBatchCommand("CREATE TABLE invoices (id int PRIMARY KEY, amount int)"),
                new NpgsqlBatchCommand($"GRANT SELECT ON invoices TO {Account} WITH GRANT OPTION"),
            },
        };
        await batch.ExecuteNonQueryAsync();
    }
}
