using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>The contract on one server.</summary>
internal sealed class RedisLeaseStoreTests : RedisStoreContract
{
    private RedisServer _server = null!;

    protected override string Configuration => _server.Endpoint;

    [OneTimeSetUp]
    public async Task Start()
    {
        RedisRequired.OrIgnore();
        _server = await RedisServer.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();
}
