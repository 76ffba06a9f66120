using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>One node of a Redis Cluster comes back without what was written last; the others have all.</summary>
[NonParallelizable]
internal sealed class SetBackShardTests
{
    // Which shards they are in follows from their names; not all on the deny list's node.
    private static readonly string[] _agents = ["a", "b", "c", "d", "e", "f"];

    [Test]
    public async Task Deny_list_of_a_node_that_was_set_back_lists_again_what_was_revoked()
    {
        RedisRequired.OrIgnore();
        await using var cluster = await RedisCluster.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(ApiAccess.Catalog("1h")), adapt: null, ("Store:Kind", "redis"), ("Store:Servers", cluster.Endpoints));
        var denied = broker.Services.GetRequiredService<IDenyList>();
        var before = await IssueAsync(broker, "a");
        await broker.Agent("a").RevokeAsync(before.Value);
        await UntilDeniedAsync(denied, [before]);
        var node = await NodeOfAsync(cluster, "*denied:api");
        // What it writes after this it does not have when it comes back.
        Assert.That(await RedisCommand.SendAsync(node.Port, "CONFIG SET appendonly no"), Is.EqualTo("+OK"));
        var tokens = new List<LeaseId>();
        foreach (var name in _agents)
        {
            var token = await IssueAsync(broker, name);
            await broker.Agent(name).RevokeAsync(token.Value);
            await Wait.UntilAsync(async () => (await broker.Store.FindLeaseAsync(token, default))!.State == LeaseState.Revoked);
            tokens.Add(token);
        }

        await UntilDeniedAsync(denied, tokens);
        var apart = new List<LeaseId>();
        foreach (var token in tokens)
        {
            if (await NodeOfAsync(cluster, $"*lease:{token}") != node)
            {
                apart.Add(token);
            }
        }

        Assert.That(apart, Is.Not.Empty);
        var version = await denied.ReadVersionAsync("api", default);

        node.Kill();
        await node.RestartAsync();

        // Revoked once more: at first it was on the list, then it was not.
        await Wait.UntilAsync(async () =>
        {
            var revoked = await RevokedAsync(broker);
            return apart.TrueForAll(token => revoked.Count(lease => lease == token) >= 2);
        });
        await UntilDeniedAsync(denied, [before, .. tokens]);
        Assert.That(await denied.ReadVersionAsync("api", default), Is.GreaterThan(version), "who has a list that was published before takes the next");
        await Wait.UntilAsync(() => IsToldAsync(broker));
    }

    private static async Task<LeaseId> IssueAsync(BrokerUnderTest broker, string name)
    {
        var agent = broker.Agent(name);
        return LeaseId.Parse((await agent.IssueAsync(await agent.StartTaskAsync(), ApiAccess.Resource)).Lease.LeaseId);
    }

    private static async Task<RedisServer> NodeOfAsync(RedisCluster cluster, string keys)
    {
        foreach (var node in cluster.Nodes)
        {
            if (await RedisCommand.SendAsync(node.Port, $"KEYS {keys}") == "*1")
            {
                return node;
            }
        }

        throw new InvalidOperationException($"no node has {keys}");
    }

    private static Task UntilDeniedAsync(IDenyList denied, IReadOnlyList<LeaseId> leases) => Wait.UntilAsync(async () =>
    {
        try
        {
            foreach (var lease in leases)
            {
                if (await denied.FindAsync("api", lease, default) is null)
                {
                    return false;
                }
            }

            return true;
        }
        catch (StoreException)
        {
            // The node is not back yet.
            return false;
        }
    });

    private static async Task<IReadOnlyList<LeaseId>> RevokedAsync(BrokerUnderTest broker) =>
        await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .Where(entry => entry.Record.Type == AuditEventType.Revoked)
            .Select(entry => LeaseId.Parse(entry.Record.Lease))
            .ToListAsync();

    private static async Task<bool> IsToldAsync(BrokerUnderTest broker) =>
        await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).AnyAsync(entry => entry.Record.Outcome == "StoreSetBack");
}
