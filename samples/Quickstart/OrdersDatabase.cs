using System.ComponentModel;
using System.Security.Cryptography;
using Npgsql;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>A PostgreSQL server of this run's own with a table of invoices, and an account for the broker that may make roles.</summary>
internal sealed class OrdersDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;

    private OrdersDatabase(PostgresServer server) => _server = server;

    public int Port => _server.Port;

    public string BrokerPassword { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Null, and told why, when this machine cannot run one.</summary>
    public static async Task<OrdersDatabase?> TryStartAsync(Narrator tell)
    {
        if (!PostgresServer.IsInstalled)
        {
            tell.LeftOut("Left out: a PostgreSQL role as a secret. No postgres was found (on Debian: apt-get install postgresql).");
            return null;
        }

        try
        {
            var database = new OrdersDatabase(await PostgresServer.StartAsync(new Dictionary<string, string> { ["fsync"] = "off" }));
            await database.PrepareAsync();
            tell.Seen($"a PostgreSQL server of this run's own listens on port {database.Port}");
            return database;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException or Win32Exception)
        {
            tell.LeftOut($"Left out: a PostgreSQL role as a secret. The postgres of this machine does not start: {e.Message}");
            return null;
        }
    }

    /// <summary>Logs in with a credential and counts the invoices.</summary>
    /// <exception cref="PostgresException">It may not.</exception>
    public static async Task<long> CountInvoicesAsync(PostgresCredential credential, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = credential.Host,
            Port = credential.Port,
            Database = credential.Database,
            Username = credential.Username,
            Password = credential.Password,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM invoices", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task PrepareAsync()
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = "postgres",
            Username = PostgresServer.Username,
            Password = _server.Password,
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            CREATE ROLE broker LOGIN CREATEROLE PASSWORD '{BrokerPassword}';
            CREATE TABLE invoices (number int PRIMARY KEY, total numeric);
            INSERT INTO invoices VALUES (4711, 120.00), (4712, 89.90);
            GRANT SELECT ON invoices TO broker WITH GRANT OPTION;
            GRANT USAGE ON SCHEMA public TO broker WITH GRANT OPTION;
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }
}
