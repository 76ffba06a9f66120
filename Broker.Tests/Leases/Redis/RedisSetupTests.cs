using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>What the broker says of a server that would forget leases.</summary>
internal sealed class RedisSetupTests
{
    [SetUp]
    public void Needs_redis() => RedisRequired.OrIgnore();

    [Test]
    public async Task Server_that_writes_every_change_at_once_is_fine() => Assert.That(await CheckAsync([]), Is.Empty);

    [TestCase("maxmemory-policy", "allkeys-lru", true, "noeviction")]
    [TestCase("appendonly", "no", true, "appendonly yes")]
    [TestCase("appendfsync", "no", true, "appendfsync always")]
    [TestCase("appendfsync", "everysec", false, "last second")]
    [TestCase("rename-command", "CONFIG \"\"", false, "appendfsync")]
    public async Task Fault_is_named_with_what_to_set(string setting, string value, bool refuse, string says)
    {
        var finding = (await CheckAsync(new() { [setting] = value })).Single();

        Assert.That(finding.Refuse, Is.EqualTo(refuse));
        Assert.That(finding.Text, Does.Contain(says));
        Assert.That(finding.MayForget, Is.EqualTo(setting != "maxmemory-policy"));
    }

    [TestCase("appendonly", "no")]
    [TestCase("appendfsync", "no")]
    public async Task Volatile_server_may_be_allowed(string setting, string value)
    {
        var finding = (await CheckAsync(new() { [setting] = value }, allowVolatile: true)).Single();

        Assert.That(finding.Refuse, Is.False);
    }

    [Test]
    public async Task All_faults_are_reported_together()
    {
        var findings = await CheckAsync(new() { ["maxmemory-policy"] = "volatile-ttl", ["appendonly"] = "no" });

        Assert.That(findings.Count(finding => finding.Refuse), Is.EqualTo(2));
    }

    [Test]
    public async Task Missing_replica_is_said()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = await OpenAsync(new RedisStoreOptions { Configuration = server.Endpoint, WaitForReplicas = 1 });

        var finding = (await store.CheckAsync(default)).Single();

        Assert.That(finding.Refuse, Is.False);
        Assert.That(finding.Text, Does.Contain("has 0 replicas"));
    }

    [TestCase("6.2.14", "")]
    [TestCase("7.0.15", "cluster_state:fail\r\n")]
    public void Old_version_and_broken_cluster_are_refused(string version, string cluster)
    {
        var info = new Dictionary<string, string>
        {
            ["redis_version"] = version,
            ["maxmemory_policy"] = "noeviction",
            ["aof_enabled"] = "1",
        };
        var setup = new RedisSetup(new RedisStoreOptions { Configuration = "unused:1" });

        var finding = setup.Check(info, "always", cluster.Length == 0 ? null : cluster).Single();

        Assert.That(finding.Refuse, Is.True);
    }

    [Test]
    public async Task Store_of_another_number_of_shards_is_refused()
    {
        await using var server = await RedisServer.StartAsync();
        await using (await OpenAsync(new RedisStoreOptions { Configuration = server.Endpoint, ShardCount = 4 }))
        {
        }

        await using (await OpenAsync(new RedisStoreOptions { Configuration = server.Endpoint, ShardCount = 4 }))
        {
        }

        var error = await Assert.ThrowsAsync<StoreException>(
            () => OpenAsync(new RedisStoreOptions { Configuration = server.Endpoint, ShardCount = 5 }));
        Assert.That(error!.IsTransient, Is.False);
        Assert.That(error.Message, Does.Contain("shards 4"));
    }

    [Test]
    public async Task Password_opens_the_store_and_a_wrong_one_is_not_repeated_in_the_failure()
    {
        await using var server = await RedisServer.StartAsync(new Dictionary<string, string> { ["requirepass"] = "right-horse" });
        await using (var store = await OpenAsync(
            new RedisStoreOptions { Configuration = server.Endpoint, Password = "right-horse" }))
        {
            Assert.That(await store.CheckAsync(default), Is.Empty);
        }

        var error = await Assert.ThrowsAsync<StoreException>(
            () => OpenAsync(new RedisStoreOptions { Configuration = server.Endpoint, Password = "wrong-horse" }));
        Assert.That(error!.ToString(), Does.Not.Contain("horse"));
    }

    [Test]
    public async Task Password_in_the_configuration_string_is_refused_without_repeating_it()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => OpenAsync(new RedisStoreOptions { Configuration = "127.0.0.1:1,password=right-horse" }));

        Assert.That(error!.Message, Does.Not.Contain("horse"));
    }

    private static async Task<IReadOnlyList<StoreFinding>> CheckAsync(
        Dictionary<string, string> settings, bool allowVolatile = false)
    {
        await using var server = await RedisServer.StartAsync(settings);
        await using var store = await OpenAsync(
            new RedisStoreOptions { Configuration = server.Endpoint, AllowVolatile = allowVolatile });
        return await store.CheckAsync(default);
    }

    private static Task<RedisLeaseStore> OpenAsync(RedisStoreOptions options) =>
        RedisLeaseStore.OpenAsync(options, clock: null, NullLogger.Instance, default);
}
