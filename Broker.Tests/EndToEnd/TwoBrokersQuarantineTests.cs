using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Two processes on one Redis: what is counted at one counts at the other, and so does what follows.</summary>
[NonParallelizable]
internal sealed class TwoBrokersQuarantineTests
{
    private const int Limit = 6;

    [Test]
    public async Task Workload_that_loops_at_both_is_stopped_at_both_and_let_go_at_both()
    {
        await using var brokers = await TwoBrokers.StartOrIgnoreAsync(
            ApiAccess.Catalog(), ("Behaviour:Quarantine", "00:00:30"), ("Behaviour:MaxDenials", Limit));
        var (channels, sandbox) = (brokers.Channels, brokers.Sandbox);
        var (looping, bystander) = (sandbox.Token("looping"), sandbox.Token("bystander"));
        var task = await channels.CallAsync(looping, 0, agent => agent.StartTaskAsync());
        var othersTask = await channels.CallAsync(bystander, 0, agent => agent.StartTaskAsync());

        // No more at each than it may, and together more.
        for (var i = 0; i < Limit; i++)
        {
            await DeniedAsync(channels.Of(0, looping), task);
            await DeniedAsync(channels.Of(1, looping), task);
        }

        await Eventually.HoldsAsync(async () => await IsKilledAsync(channels.Of(0, looping), task) && await IsKilledAsync(channels.Of(1, looping), task));
        await channels.Of(0, bystander).IssueAsync(othersTask, ApiAccess.Resource);
        await channels.Of(1, bystander).IssueAsync(othersTask, ApiAccess.Resource);
        await Eventually.HoldsAsync(async () => await IsRecordedAsync(sandbox, AuditEventType.KillExpired));

        await channels.Of(0, looping).IssueAsync(task, ApiAccess.Resource);
        await channels.Of(1, looping).IssueAsync(task, ApiAccess.Resource);
        var quarantined = await RecordsAsync(sandbox, AuditEventType.Quarantined);
        Assert.That(quarantined.Select(record => record.Workload), Is.Not.Empty.And.All.EqualTo(Sandbox.Workload("looping").Value));
    }

    private static async Task DeniedAsync(Agent agent, string task) =>
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, "no/such"));

    private static async Task<bool> IsKilledAsync(Agent agent, string task)
    {
        try
        {
            await agent.IssueAsync(task, ApiAccess.Resource);
            return false;
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
        {
            return Rpc.DetailOf(refused).Reason == "KILLED";
        }
    }

    private static async Task<bool> IsRecordedAsync(Sandbox sandbox, AuditEventType type) => (await RecordsAsync(sandbox, type)).Count > 0;

    private static async Task<List<AuditRecord>> RecordsAsync(Sandbox sandbox, AuditEventType type) =>
        await AuditReader.ReadFolderAsync(sandbox.AuditFolder)
            .Select(entry => entry.Record)
            .Where(record => record.Type == type)
            .ToListAsync();
}
