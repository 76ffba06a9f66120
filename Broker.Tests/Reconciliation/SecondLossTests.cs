using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Engines.RedisAcl;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>The store is lost once more while a target is still asked for what it had forgotten before.</summary>
[NonParallelizable]
internal sealed class SecondLossTests
{
    // Longer than the test holds the target.
    private static readonly TimeSpan TargetTimeout = TimeSpan.FromMinutes(5);

    [Test]
    public async Task What_was_issued_between_two_losses_is_revoked_too()
    {
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog(TargetTimeout)), adapt: null, ("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint));
        var agent = broker.Agent("a");
        await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items);
        var (log, positions) = (broker.Services.GetRequiredService<AuditLog>(), (ILogPositions)broker.Store);
        await Wait.UntilAsync(async () => (await positions.ReadPositionsAsync(default)).ByBroker.GetValueOrDefault("one") == log.LastDurable);
        broker.Target.HoldRevocations();
        await LoseAsync(redis);
        await broker.Target.UntilRevokingAsync();
        await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items);
        Assert.That(broker.Target.Live, Has.Count.EqualTo(2));

        await LoseAsync(redis);
        broker.Target.LetRevocationsGo();

        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);
        await Wait.UntilAsync(async () => (await positions.ReadPositionsAsync(default)).ByBroker.GetValueOrDefault("one") == log.LastDurable);
    }

    [Test]
    public async Task Store_is_told_at_once_what_it_forgot_while_the_target_is_still_asked()
    {
        const string Long = "vault/long";
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        var grant = new { name = "read-long", action = "read", resource = Long, target = "vault", default_ttl = "10m", max_ttl = "4h" };
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog(TargetTimeout, grant)), adapt: null, ("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint));
        var agent = broker.Agent("a");
        var forgotten = LeaseId.Parse((await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items)).Lease.LeaseId);
        broker.Target.HoldRevocations();
        await LoseAsync(redis);
        await broker.Target.UntilRevokingAsync();
        var renewed = LeaseId.Parse((await agent.IssueAsync(await agent.StartTaskAsync(), Long)).Lease.LeaseId);
        // What it writes after this it does not have when it comes back.
        Assert.That(await RedisNodes.AskAsync(redis.Port, "CONFIG", "SET", "appendonly", "no"), Is.EqualTo("+OK"));
        var end = (await agent.Leases.RenewLeaseAsync(
            new RenewLeaseRequest { LeaseId = renewed.Value, TimeToLive = TimeSpan.FromHours(1).ToDuration() })).Lease.ExpireTime.ToDateTimeOffset();

        redis.Kill();
        await redis.RestartAsync();

        await Wait.UntilAsync(async () => await ExpireTimeAsync(broker, renewed) == end);
        Assert.That(broker.Target.Live.Keys, Is.EquivalentTo(new[] { forgotten, renewed }), "the target was held");
        broker.Target.LetRevocationsGo();
        await Wait.UntilAsync(() => broker.Target.Live.Count == 1);
        Assert.That(broker.Target.Live.Keys, Is.EqualTo(new[] { renewed }));
    }

    private static async Task<DateTimeOffset?> ExpireTimeAsync(BrokerUnderTest broker, LeaseId lease)
    {
        try
        {
            return (await broker.Store.FindLeaseAsync(lease, default))?.ExpireTime;
        }
        catch (StoreException)
        {
            // It is not back yet.
            return null;
        }
    }

    private static async Task LoseAsync(RedisServer redis) =>
        Assert.That(await RedisNodes.AskAsync(redis.Port, "FLUSHALL"), Is.EqualTo("+OK"));
}
