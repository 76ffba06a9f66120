using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>
/// The contract on a Cluster. It refuses a script that is sent keys of different slots or reaches for a key outside of its slot, so
/// this also shows that all keys of a script are in one.
/// </summary>
internal sealed class RedisClusterLeaseStoreTests : RedisStoreContract
{
    private RedisCluster _cluster = null!;

    protected override string Configuration => _cluster.Endpoints;

    [OneTimeSetUp]
    public async Task Start()
    {
        RedisRequired.OrIgnore();
        _cluster = await RedisCluster.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _cluster.DisposeAsync();
}
