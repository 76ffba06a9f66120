using Npgsql;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.LocalServers;

internal sealed class PostgresServerTests
{
    [SetUp]
    public void Needs_postgres()
    {
        if (!PostgresServer.IsInstalled)
            Assert.Ignore("postgres is not installed (Debian: apt-get install postgresql).");
    }

    [Test]
    public async Task Server_keeps_its_data_when_it_is_stopped_and_when_it_is_killed()
    {
        await using var server = await PostgresServer.StartAsync();
        await RunAsync(server, "create table kept (n int)");
        await server.StopAsync();
        await server.RestartAsync();
        await RunAsync(server, "insert into kept values (1)");
        server.Kill();
        await server.RestartAsync();

        Assert.That(await RunAsync(server, "select count(*) from kept"), Is.EqualTo(1));
    }

    [Test]
    public async Task Disposed_server_leaves_nothing()
    {
        var server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["fsync"] = "off" });
        Assert.That(await RunAsync(server, "show fsync"), Is.EqualTo("off"));

        await server.DisposeAsync();

        Assert.That(Directory.Exists(server.SocketDirectory), Is.False);
        await Assert.CatchAsync<NpgsqlException>(() => RunAsync(server, "select 1"));
    }

    private static async Task<object?> RunAsync(PostgresServer server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(
            $"Host=127.0.0.1;Port={server.Port};Username={PostgresServer.Username};Password={server.Password};Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
