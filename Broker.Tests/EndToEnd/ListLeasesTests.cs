using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A workload sees its own leases, page by page.</summary>
internal sealed class ListLeasesTests : ApiFixture
{
    [Test]
    public async Task Pages_hold_every_lease_of_the_caller_once_the_newest_first()
    {
        var (agent, other) = (NewAgent(), NewAgent());
        var (first, second) = (await agent.StartTaskAsync(), await agent.StartTaskAsync());
        var issued = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            issued.Add((await agent.IssueAsync(i % 2 == 0 ? first : second, BrokerUnderTest.Items)).Lease.LeaseId);
            await other.IssueAsync(await other.StartTaskAsync(), BrokerUnderTest.Items);
        }

        await agent.RevokeAsync(issued[3]);
        var all = await ReadAsync(agent, "", pageSize: 3);

        Assert.Multiple(() =>
        {
            Assert.That(all.Select(lease => lease.LeaseId), Is.EquivalentTo(issued));
            Assert.That(all.Select(lease => lease.CreateTime), Is.Ordered.Descending);
            Assert.That(all.Single(lease => lease.LeaseId == issued[3]).State, Is.EqualTo(Proto.LeaseState.Revoked));
        });
        Assert.That((await ReadAsync(agent, second, pageSize: 2)).Select(lease => lease.LeaseId), Is.EquivalentTo(issued.Where((_, i) => i % 2 == 1)));
        Assert.That(await ReadAsync(other, first, pageSize: 2), Is.Empty);
    }

    [Test]
    public async Task Page_token_of_another_workload_shows_nothing_of_it()
    {
        var (agent, other) = (NewAgent(), NewAgent());
        var task = await agent.StartTaskAsync();
        for (var i = 0; i < 3; i++)
        {
            await agent.IssueAsync(task, BrokerUnderTest.Items);
        }

        var token = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest { PageSize = 1 })).NextPageToken;
        var page = await other.Leases.ListLeasesAsync(new Proto.ListLeasesRequest { PageToken = token });

        Assert.That(token, Is.Not.Empty);
        Assert.That(page.Leases, Is.Empty);
    }

    private static async Task<List<Proto.Lease>> ReadAsync(Agent agent, string task, int pageSize)
    {
        var leases = new List<Proto.Lease>();
        var token = "";
        do
        {
            var page = await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest { TaskId = task, PageSize = pageSize, PageToken = token });
            Assert.That(page.Leases, Has.Count.LessThanOrEqualTo(pageSize));
            leases.AddRange(page.Leases);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return leases;
    }
}
