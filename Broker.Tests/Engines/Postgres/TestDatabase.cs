using System.Text.Json;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>
/// One server for all fixtures of this folder, with the databases <c>orders</c> and <c>billing</c>; one more of each other version for those
/// fixtures that are held against it (<see cref="PostgresVersions"/>). They log every statement.
/// </summary>
[SetUpFixture]
internal sealed class TestDatabase
{
    /// <summary>An account that may make roles and pass on what it may do, and is no superuser.</summary>
    public const string Broker = "broker";
    public const string BrokerPassword = "the broker's own \"password\"";

    private static readonly Dictionary<string, PostgresServer> _servers = [];

    /// <summary>That of the fixture that runs: fixtures run one after the other.</summary>
    public static PostgresServer Server { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!PostgresServer.IsInstalled)
        {
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
        }

        await UseAsync(PostgresVersions.Installed);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    /// <summary>Ignores the test where the version cannot be had.</summary>
    public static async Task UseAsync(string version)
    {
        if (!_servers.TryGetValue(version, out var server))
        {
            _servers[version] = server = await StartServerAsync(programs: PostgresVersions.FolderOrIgnore(version));
            if (PostgresVersions.HasFunctions(version))
            {
                await RunAsync(server, "orders", LeaseRoleFunctions.ScriptFor(Broker));
            }
        }

        Server = server;
    }

    /// <summary>Gives an account the functions that make roles for it, and takes them from the one that had them.</summary>
    public static Task GiveFunctionsAsync(string account) => RunAsync($"{LeaseRoleFunctions.Drop}{LeaseRoleFunctions.ScriptFor(account)}");

    /// <param name="settings">That are added to those of all.</param>
    /// <param name="files">Put into the data folder.</param>
    /// <param name="programs">The server's; those that are installed when not given.</param>
    public static async Task<PostgresServer> StartServerAsync(
        IReadOnlyDictionary<string, string>? settings = null, IReadOnlyDictionary<string, string>? files = null, string? programs = null)
    {
        var all = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["fsync"] = "off",
            ["log_statement"] = "all",
            ["max_connections"] = "200",
        };
        var server = await PostgresServer.StartAsync(all, files, programs);
        await RunAsync(server, "postgres", $"CREATE ROLE {Broker} LOGIN CREATEROLE PASSWORD '{BrokerPassword.Replace("'", "''", StringComparison.Ordinal)}'");
        await RunAsync(server, "postgres", $"""
            DO $$ BEGIN
                IF current_setting('server_version_num')::int >= 150000 THEN
                    EXECUTE 'GRANT SET ON PARAMETER app.task, app.tenant, app.who TO {Broker}';
                END IF;
            END $$
            """);
        foreach (var database in (string[])["orders", "billing"])
        {
            await RunAsync(server, "postgres", $"CREATE DATABASE {database}");
            await RunAsync(
                server,
                database,
                $"""
                CREATE TABLE invoices (id int PRIMARY KEY, amount int);
                INSERT INTO invoices VALUES (1, 100), (2, 200);
                CREATE TABLE payroll (id int PRIMARY KEY);
                GRANT ALL ON invoices TO {Broker} WITH GRANT OPTION;
                GRANT ALL ON SCHEMA public TO {Broker} WITH GRANT OPTION;
                -- As 15 and later have it from the beginning.
                REVOKE CREATE ON SCHEMA public FROM PUBLIC;
                """);
        }

        await RunAsync(server, "billing", "GRANT CREATE ON SCHEMA public TO PUBLIC");
        return server;
    }

    public static Target Target(string account, PostgresServer? server = null, int concurrency = 8, TimeSpan? timeout = null)
    {
        server ??= Server;
        // With the server's own files: it goes when they go, and no other server's password takes its place.
        var passwordFile = Path.Combine(server.SocketDirectory, $"{account}.password");
        File.WriteAllText(passwordFile, account == Broker ? BrokerPassword : server.Password);
        return new Target(
            "orders-db",
            "postgres",
            JsonSerializer.SerializeToElement(new
            {
                host = "127.0.0.1",
                port = server.Port,
                databases = (string[])["orders", "billing"],
                username = account,
                password = new { file = passwordFile },
                tls_mode = "disable",
                tls_ca_file = "/etc/ssl/certs/ca-certificates.crt",
                scram_iterations = 1,
                connection_limit = 3,
                statement_timeout = "20s",
                gather = 64,
                advertised_host = "127.0.0.1",
                advertised_port = server.Port,
            }),
            concurrency,
            timeout ?? TimeSpan.FromMinutes(1));
    }

    public static Grant Grant(string name, params string[] statements) => new()
    {
        Name = name,
        Action = "read",
        Resource = "orders/invoices",
        Target = "orders-db",
        Engine = "postgres",
        DefaultTimeToLive = TimeSpan.FromMinutes(5),
        MaxTimeToLive = TimeSpan.FromHours(1),
        Settings = JsonSerializer.SerializeToElement(new
        {
            database = "orders",
            statements,
            connection_limit = 8,
            statement_timeout = "15s",
            allow_dangerous = false,
        }),
    };

    public static string SuperuserConnectionString => ConnectionString(Server, "orders");

    /// <summary>As the superuser.</summary>
    /// <returns>The first column of the first row.</returns>
    public static async Task<object?> RunAsync(PostgresServer server, string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(server, database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public static Task<object?> RunAsync(string sql) => RunAsync(Server, "orders", sql);

    /// <summary>A session of the credential's own.</summary>
    public static async Task<NpgsqlConnection> LogInAsync(DatabaseCredential credential, CancellationToken cancellationToken = default)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = credential.Host,
            Port = credential.Port,
            Database = credential.Database,
            Username = credential.Username,
            Password = credential.Password.Reveal(),
            Pooling = false,
            Timeout = 60,
        }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public static async Task<object?> RunAsync(NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        return await command.ExecuteScalarAsync();
    }

    private static string ConnectionString(PostgresServer server, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = server.Port,
            Database = database,
            Username = PostgresServer.Username,
            Password = server.Password,
            Pooling = false,
        }.ConnectionString;
}
