using Grpc.Core;
using SecretsBroker.Audit;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A target that is slower than what is asked of it: those that would only pile up are sent away, and other targets do not notice.</summary>
internal sealed class BusyTargetTests
{
    private const string Slow = "slow/items";
    private const string Fast = "api/items";

    [Test]
    public async Task Request_that_finds_the_queue_full_is_refused_with_a_hint_and_other_targets_serve()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(Catalog()), adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        broker.Target.HoldIssues();
        var served = agent.IssueAsync(task, Slow).ResponseAsync;
        await broker.Target.UntilIssuingAsync();

        var refused = await Rpc.RefusedAsync(StatusCode.ResourceExhausted, async () => await agent.IssueAsync(task, Slow));

        var detail = Rpc.DetailOf(refused);
        Assert.Multiple(() =>
        {
            Assert.That(detail.Reason, Is.EqualTo("TARGET_BUSY"));
            Assert.That(detail.Retryable, Is.True);
            Assert.That(detail.RetryAfter.ToTimeSpan(), Is.InRange(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(45)));
            Assert.That(detail.DecisionId, Is.Not.Empty);
        });
        await agent.IssueAsync(task, Fast);
        Assert.That(await CountAsync(agent), Is.EqualTo(2), "what was refused left a reservation");
        broker.Target.LetIssuesGo();
        await served;
        await agent.IssueAsync(task, Slow);
        var records = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).Select(entry => entry.Record).ToListAsync();
        Assert.That(
            records.Where(record => record.Type == AuditEventType.Refused).Select(record => (record.DecisionId, record.Reason)),
            Is.EqualTo(new[] { (detail.DecisionId, "TargetBusy") }));
    }

    private static async Task<int> CountAsync(Agent agent) =>
        (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases.Count;

    private static object Catalog() => new
    {
        targets = (object[])
        [
            new { name = "slow", engine = "fake", concurrency = 1, queue = 0 },
            new
            {
                name = "fast", engine = "jwt",
                settings = new { key_file = "{folder}/fast.key", audience = "api", issuer = "https://broker.example.org" },
            },
        ],
        grants = (object[])
        [
            new { name = "read-slow", action = "read", resource = Slow, target = "slow", default_ttl = "1m", max_ttl = "2m" },
            new
            {
                name = "read-fast", action = "read", resource = Fast, target = "fast", default_ttl = "1m", max_ttl = "2m",
                settings = new { bearer = true },
            },
        ],
    };
}
