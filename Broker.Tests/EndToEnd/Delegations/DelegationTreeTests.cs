using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.EndToEnd.Delegations;

/// <summary>Random trees of delegation, and random things done to them at once: no lease ever lies outside any of its ancestors.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class DelegationTreeTests(bool onRedis)
{
    private const int Rounds = 30;
    private const int AtOnce = 6;

    private RedisServer? _redis;
    private BrokerUnderTest _broker = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!onRedis)
        {
            _broker = await BrokerUnderTest.StartAsync(new Sandbox(DelegationFixture.Catalog, DelegationFixture.Policies), adapt: null);
            return;
        }

        RedisRequired.OrIgnore();
        _redis = await RedisServer.StartAsync();
        _broker = await BrokerUnderTest.StartAsync(
            new Sandbox(DelegationFixture.Catalog, DelegationFixture.Policies),
            adapt: null,
            ("Store:Kind", "redis"),
            ("Store:Servers", _redis.Endpoint),
            ("Store:ShardCount", 4));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    [Test]
    public async Task No_lease_lies_outside_any_of_its_ancestors([Range(1, 6)] int seed)
    {
        var tree = new DelegationTree(_broker, new Random(seed), $"s{seed}-");
        await tree.PlantAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => tree.GrowAsync()).ToList());
            await tree.AssertWithinAsync($"seed {seed}, round {round}");
        }

        // A tree on which nothing was ever issued, refused or ended shows nothing.
        TestContext.Out.WriteLine(tree);
        Assert.That(tree.Issued, Is.Positive);
        Assert.That(tree.Refused, Is.Positive);
        Assert.That(tree.Changed, Is.Positive);
    }
}
