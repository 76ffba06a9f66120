using System.Net.Sockets;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.LocalServers;

internal sealed class RedisServerTests
{
    [SetUp]
    public void Needs_redis()
    {
        if (!RedisServer.IsInstalled)
            Assert.Ignore("redis-server is not installed (Debian: apt-get install redis-server).");
    }

    [Test]
    public async Task Keeps_port_and_data_over_a_power_cut()
    {
        await using var server = await RedisServer.StartAsync();
        var port = server.Port;
        Assert.That(await RedisCommand.SendAsync(port, "SET a 1"), Is.EqualTo("+OK"));

        server.Kill();
        await Assert.ThrowsAsync<SocketException>(() => RedisCommand.SendAsync(port, "PING"));
        await server.RestartAsync();

        Assert.That(await RedisCommand.SendAsync(port, "STRLEN a"), Is.EqualTo(":1"));
    }

    [Test]
    public async Task Leaves_nothing_behind()
    {
        var server = await RedisServer.StartAsync();
        await server.DisposeAsync();

        await Assert.ThrowsAsync<SocketException>(() => RedisCommand.SendAsync(server.Port, "PING"));
    }

    [Test]
    public async Task Says_why_it_did_not_start() =>
        await Assert.ThatAsync(
            () => RedisServer.StartAsync(new Dictionary<string, string> { ["maxmemory-policy"] = "sometimes" }),
            Throws.InvalidOperationException.With.Message.Contains("maxmemory-policy"));

    [Test]
    public async Task Cluster_serves_all_slots()
    {
        await using var cluster = await RedisCluster.StartAsync();

        foreach (var node in cluster.Nodes)
            Assert.That(await RedisCommand.SendAsync(node.Port, "CLUSTER INFO"), Does.Contain("cluster_slots_ok:16384"));
    }
}
