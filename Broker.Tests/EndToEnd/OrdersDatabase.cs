using Npgsql;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A PostgreSQL server with a table of invoices, and an account for the broker that may make roles and no more.</summary>
internal sealed class OrdersDatabase : IAsyncDisposable
{
    public const string AccountPassword = "the-broker's-own-password";
    private const string Account = "broker";

    private readonly PostgresServer _server;
    private NpgsqlDataSource _superuser;

    private OrdersDatabase(PostgresServer server)
    {
        _server = server;
        _superuser = Connect(server);
    }

    public string LogFile => _server.LogFile;

    /// <summary>Where the target reads the account's.</summary>
    public string PasswordFile => Path.Combine(_server.SocketDirectory, "broker.password");

    public static void OrIgnore()
    {
        if (!PostgresServer.IsInstalled)
        {
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
        }
    }

    public static async Task<OrdersDatabase> StartAsync(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["max_connections"] = "200" };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var database = new OrdersDatabase(await PostgresServer.StartAsync(all));
        try
        {
            await database.RunAsync(
                $"""
                CREATE ROLE {Account} LOGIN CREATEROLE PASSWORD '{AccountPassword.Replace("'", "''")}';
                CREATE TABLE invoices (id int PRIMARY KEY, amount int);
                INSERT INTO invoices VALUES (1, 100);
                GRANT ALL ON invoices TO {Account} WITH GRANT OPTION;
                GRANT ALL ON SCHEMA public TO {Account} WITH GRANT OPTION;
                """);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its entry among the targets of a catalogue.</summary>
    public object Target(
        string name, TimeSpan timeout, int concurrency = 8, int gather = 64, int queue = 1000, IEnumerable<string>? furtherDatabases = null)
    {
        File.WriteAllText(PasswordFile, AccountPassword);
        return new
        {
            name,
            engine = "postgres",
            concurrency,
            queue,
            timeout = $"{(int)timeout.TotalMilliseconds}ms",
            settings = new
            {
                host = "127.0.0.1",
                port = _server.Port,
                databases = (string[])["postgres", .. furtherDatabases ?? []],
                username = Account,
                password = new { file = PasswordFile },
                tls_mode = "disable",
                gather,
            },
        };
    }

    /// <summary>Keeps the server from changing any role, until the result is disposed.</summary>
    public async Task<IAsyncDisposable> HoldRolesAsync()
    {
        var connection = await _superuser.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE pg_authid IN SHARE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return new Held(connection);
    }

    /// <summary>The broker's sessions that wait for <see cref="HoldRolesAsync"/>.</summary>
    public Task<long> CountHeldAsync() => CountAsync($"usename = '{Account}' AND wait_event_type = 'Lock'");

    /// <summary>The broker's sessions.</summary>
    public Task<long> CountConnectionsAsync() => CountAsync($"usename = '{Account}'");

    /// <summary>The roles of leases, those of grants not among them.</summary>
    public async Task<IReadOnlySet<string>> LeaseRolesAsync()
    {
        await using var command = _superuser.CreateCommand("SELECT rolname FROM pg_roles WHERE rolname LIKE 'sb\\_%'");
        await using var reader = await command.ExecuteReaderAsync();
        var roles = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            roles.Add(reader.GetString(0));
        }

        return roles;
    }

    /// <summary>Whether a credential opens a session that may read.</summary>
    public async Task<bool> LogsInAsync(string username, string password)
    {
        await using var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = _server.Port,
            Database = "postgres",
            Username = username,
            Password = password,
            Pooling = false,
            Timeout = 30,
        }.ConnectionString);
        try
        {
            await session.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT count(*) FROM invoices", session);
            return await command.ExecuteScalarAsync() is long;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            return false;
        }
    }

    public async Task RunAsync(string sql)
    {
        await using var command = _superuser.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public Task StopAsync() => _server.StopAsync();

    /// <summary>Starts what was stopped, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        await _server.RestartAsync();
        // Its connections ended with the server.
        await _superuser.DisposeAsync();
        _superuser = Connect(_server);
    }

    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async Task<long> CountAsync(string condition)
    {
        await using var command = _superuser.CreateCommand($"SELECT count(*) FROM pg_stat_activity WHERE {condition}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static NpgsqlDataSource Connect(PostgresServer server) => NpgsqlDataSource.Create(
        $"Host=127.0.0.1;Port={server.Port};Database=postgres;Username={PostgresServer.Username};Password={server.Password};Timeout=30;Command Timeout=30");

    private sealed class Held(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (connection)
            {
                await using var command = new NpgsqlCommand("ROLLBACK", connection);
                await command.ExecuteNonQueryAsync();
            }
        }
    }
}
