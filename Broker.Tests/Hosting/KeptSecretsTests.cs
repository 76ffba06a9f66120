using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SecretsBroker.Hosting;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Engines.Static;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.Hosting;

/// <summary>What is said of a store that may lose the only copy of a secret.</summary>
[NonParallelizable]
internal sealed class KeptSecretsTests
{
    private const string Warning = "secrets of crm are kept in it";

    [SetUp]
    public void Needs_redis() => RedisRequired.OrIgnore();

    [TestCase("appendfsync", "everysec", true)]
    [TestCase("appendonly", "no", true)]
    [TestCase("rename-command", "CONFIG \"\"", true, Description = "It may not be asked.")]
    [TestCase("appendfsync", "always", false)]
    public async Task Check_warns_where_a_server_may_lose_a_secret_that_it_alone_has(string setting, string value, bool isWarned)
    {
        await using var redis = await RedisServer.StartAsync(new Dictionary<string, string> { [setting] = value });
        using var system = new LegacySystem();
        using var sandbox = new Sandbox(Catalog(system));

        Assert.That(await FaultsAsync(sandbox, redis), isWarned ? Has.One.StartsWith($"Store: (warning) {Warning}") : Has.None.Contains(Warning));
    }

    [Test]
    public async Task Nothing_is_said_of_secrets_where_none_are_kept()
    {
        await using var redis = await RedisServer.StartAsync(new Dictionary<string, string> { ["appendfsync"] = "everysec" });
        using var sandbox = new Sandbox(new { targets = Array.Empty<object>(), grants = Array.Empty<object>() });

        Assert.That(await FaultsAsync(sandbox, redis), Has.One.Contains("last second").And.None.Contains("kept in it"));
    }

    [Test]
    public async Task Broker_warns_at_its_start()
    {
        await using var redis = await RedisServer.StartAsync(new Dictionary<string, string> { ["appendfsync"] = "everysec" });
        using var system = new LegacySystem();
        using var log = new CapturedLog();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(Catalog(system)),
            builder => builder.Logging.AddProvider(log),
            ("Store:Kind", "redis"),
            ("Store:Servers", redis.Endpoint));

        Assert.That(log.Messages, Has.One.Contains(Warning));
    }

    private static async Task<IReadOnlyList<string>> FaultsAsync(Sandbox sandbox, RedisServer redis)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(sandbox.Settings("one", port: 0, [("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint)]))
            .Build();
        return (await BrokerCheck.RunAsync((configuration, []), online: true, default)).Faults;
    }

    private static object Catalog(LegacySystem system) => new
    {
        targets = (object[])[new { name = "crm", engine = "static", settings = new { encryption_key = new { file = system.KeyFile } } }],
        grants = (object[])
        [
            new
            {
                name = "read-crm", action = "read", resource = "crm/login", target = "crm", default_ttl = "5m", max_ttl = "10m",
                settings = new { secrets = new[] { "login" } },
            },
        ],
    };
}
