using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Redis;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.Revocation.Recheck;

/// <summary>A store of many shards, and many brokers on it.</summary>
internal sealed class RecheckOnRedisTests
{
    private const int Agents = 40;

    private RedisServer _server = null!;
    private RecheckRig _rig = null!;

    [SetUp]
    public async Task SetUp()
    {
        RedisRequired.OrIgnore();
        _server = await RedisServer.StartAsync();
        _rig = new RecheckRig(await RedisLeaseStore.OpenAsync(
            new RedisStoreOptions { Configuration = _server.Endpoint }, TimeProvider.System, NullLogger.Instance, default));
        await _rig.PutInForceAsync(RecheckRig.PermitAll);
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_rig is not null)
        {
            await _rig.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task Leases_of_all_shards_are_asked_about_no_faster_than_the_rate()
    {
        var leases = await _rig.IssueAsync(Enumerable.Range(1, Agents));
        Assert.That(leases.Select(lease => lease.Id.Shard).Distinct().Count(), Is.GreaterThan(5), "spread over shards");
        _rig.Settings.MaxPerSecond = 10;
        await _rig.PutInForceAsync(RecheckRig.Forbid(1, 2));
        var start = _rig.Time.GetUtcNow();

        var pass = _rig.NewRecheck().RunAsync(default);
        await Wait.UntilAsync(() =>
        {
            _rig.Time.Advance(TimeSpan.FromMilliseconds(50));
            return pass.IsCompleted;
        });
        await pass;

        Assert.That(await _rig.CountAsync(leases.Take(2), LeaseState.Revoked), Is.EqualTo(2));
        Assert.That(await _rig.CountAsync(leases.Skip(2), LeaseState.Active), Is.EqualTo(Agents - 2));
        Assert.That(_rig.Policy.Questions, Has.Count.EqualTo(Agents));
        // All but those of the last page had to be waited for.
        Assert.That(_rig.Time.GetUtcNow() - start, Is.GreaterThan(TimeSpan.FromSeconds(2)));
    }
}
