using Grpc.Core;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Attacks;

/// <summary>A workload that is believed, and reaches for what is another's.</summary>
internal static class OwnershipAttacks
{
    public const string OthersLease = "another's lease";
    public const string OthersTask = "another's task";

    public static IEnumerable<Attack> All =>
    [
        OfLease("read", async (agent, lease) => await agent.GetAsync(lease)),
        OfLease("renew", async (agent, lease) => await agent.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = lease })),
        OfLease("give back", async (agent, lease) => await agent.RevokeAsync(lease)),
        OfLease("report a use of", async (agent, lease) => await agent.Leases.ReportUseAsync(
            new ReportUseRequest { LeaseId = lease, Tool = "nmap", DownstreamResource = "elsewhere", Outcome = UseOutcome.Succeeded })),
        OfLease("have explained", async (agent, lease) => await new AuditService.AuditServiceClient(agent.Calls).ExplainLeaseAsync(
            new ExplainLeaseRequest { LeaseId = lease, Own = true })),
        OfTask("read", async (agent, task) => await agent.Tasks.GetTaskAsync(new GetTaskRequest { TaskId = task })),
        OfTask("end", async (agent, task) => await agent.CompleteAsync(task)),
        OfTask("get a secret for", async (agent, task) => await agent.IssueAsync(task, BrokerUnderTest.Items)),
        OfTask("hold the lifeline of", async (agent, task) =>
        {
            using var call = agent.Tasks.HoldTask(new HoldTaskRequest { TaskId = task });
            await call.ResponseStream.MoveNext(default);
        }),
        OfTask("have explained", async (agent, task) => await new AuditService.AuditServiceClient(agent.Calls).ExplainTaskAsync(
            new ExplainTaskRequest { TaskId = task, Own = true })),
    ];

    private static Attack OfLease(string name, Func<Agent, string, Task> attack) =>
        new(OthersLease, name, StatusCode.NotFound, "LEASE_NOT_FOUND", async site =>
        {
            var (lease, _) = await VictimAsync(site);
            var thief = site.NewAgent().Agent;
            return () => attack(thief, lease);
        });

    private static Attack OfTask(string name, Func<Agent, string, Task> attack) =>
        new(OthersTask, name, StatusCode.NotFound, "TASK_NOT_FOUND", async site =>
        {
            var (_, task) = await VictimAsync(site);
            var thief = site.NewAgent().Agent;
            return () => attack(thief, task);
        });

    private static async Task<(string Lease, string Task)> VictimAsync(AttackSite site)
    {
        var victim = site.NewAgent().Agent;
        var task = await victim.StartTaskAsync();
        return ((await victim.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId, task);
    }
}
