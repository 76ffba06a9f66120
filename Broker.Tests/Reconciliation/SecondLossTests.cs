using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Reconciliation;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Engines.RedisAcl;
using SecretsBroker.Tests.Leases.Redis;

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

    private static async Task LoseAsync(RedisServer redis) =>
        Assert.That(await RedisNodes.AskAsync(redis.Port, "FLUSHALL"), Is.EqualTo("+OK"));
}
