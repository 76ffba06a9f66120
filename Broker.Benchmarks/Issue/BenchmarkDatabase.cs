using System.Security.Cryptography;
using Npgsql;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>A PostgreSQL server with its defaults, so with fsync, a table, and an account for the broker that can make roles.</summary>
internal sealed class BenchmarkDatabase : IAsyncDisposable
{
    /// <summary>The broker's.</summary>
    public const string Account = "broker";

    private readonly PostgresServer _server;
    private readonly TemporaryFolder _folder = new();
    private readonly string _password = RandomNumberGenerator.GetHexString(32, lowercase: true);

    private BenchmarkDatabase(PostgresServer server) => _server = server;

    public string Catalog => CatalogOf(gather: 64);

    /// <summary>As an engine reads them.</summary>
    public object TargetSettings => new
    {
        host = "127.0.0.1",
        port = _server.Port,
        database = "postgres",
        username = Account,
        password = new { file = PasswordFile },
        tls_mode = "disable",
    };

    public string AccountConnectionString => ConnectionString(Account, _password, pooling: true);

    public string SuperuserConnectionString => ConnectionString(PostgresServer.Username, _server.Password, pooling: false);

    private string PasswordFile => Path.Combine(_folder.Path, "password");

    /// <param name="programs">The folder of the server's programs; the installed ones when not given.</param>
    public static async Task<BenchmarkDatabase> StartAsync(string? programs = null)
    {
        var database = new BenchmarkDatabase(await PostgresServer.StartAsync(programs: programs));
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

    public string CatalogOf(int gather) => BenchmarkCatalog.Roles(_server, Account, PasswordFile, gather);

    public Task StopAsync() => _server.StopAsync();

    /// <summary>Returns when it takes connections again.</summary>
    public Task StartAgainAsync() => _server.RestartAsync();

    /// <summary>Gives the account the functions that make roles for it.</summary>
    public async Task AddFunctionsAsync()
    {
        await using var connection = new NpgsqlConnection(SuperuserConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(LeaseRoleFunctions.ScriptFor(Account), connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Takes the dead rows out of the tables that roles and grants are in, as the server itself does once a minute.</summary>
    public async Task VacuumCatalogueAsync()
    {
        await using var connection = new NpgsqlConnection(SuperuserConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("VACUUM pg_authid, pg_auth_members, pg_db_role_setting, pg_shdepend, pg_class", connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Errors in the server's log so far.</summary>
    public async Task<int> CountErrorsAsync()
    {
        await using var file = new FileStream(_server.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync()).Split('\n').Count(line => line.Contains("ERROR:", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(PasswordFile, _password);
        await using var connection = new NpgsqlConnection(SuperuserConnectionString);
        await connection.OpenAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // The password is hexadecimal.
                new NpgsqlBatchCommand($"CREATE ROLE {Account} LOGIN CREATEROLE PASSWORD '{_password}'"),
                new NpgsqlBatchCommand("CREATE TABLE invoices (id int PRIMARY KEY, amount int)"),
                new NpgsqlBatchCommand($"GRANT SELECT ON invoices TO {Account} WITH GRANT OPTION"),
                new NpgsqlBatchCommand($"GRANT USAGE ON SCHEMA public TO {Account} WITH GRANT OPTION"),
            },
        };
        await batch.ExecuteNonQueryAsync();
    }

    private string ConnectionString(string username, string password, bool pooling) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _server.Port,
        Database = "postgres",
        Username = username,
        Password = password,
        Pooling = pooling,
    }.ConnectionString;
}
