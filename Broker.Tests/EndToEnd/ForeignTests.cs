using Grpc.Core;
using SecretsBroker.Leases;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Another workload's task or lease cannot be told from one that does not exist, and nothing happens to it.</summary>
internal sealed class ForeignTests : ApiFixture
{
    private static readonly string Missing = LeaseId.New(0).Value;

    private static IEnumerable<TestCaseData> LeaseCalls()
    {
        yield return Case("GetLease", (agent, lease) => agent.GetAsync(lease));
        yield return Case("RevokeLease", (agent, lease) => agent.RevokeAsync(lease));
        yield return Case("RenewLease", async (agent, lease) => await agent.Leases.RenewLeaseAsync(new Proto.RenewLeaseRequest { LeaseId = lease }));
        yield return Case("ReportUse", async (agent, lease) => await agent.Leases.ReportUseAsync(new Proto.ReportUseRequest
        {
            LeaseId = lease,
            Tool = "nmap",
            DownstreamResource = "somewhere/else",
            Outcome = Proto.UseOutcome.Succeeded,
        }));
    }

    private static IEnumerable<TestCaseData> TaskCalls()
    {
        yield return Case("GetTask", async (agent, task) => await agent.Tasks.GetTaskAsync(new Proto.GetTaskRequest { TaskId = task }));
        yield return Case("CompleteTask", async (agent, task) => await agent.CompleteAsync(task));
        yield return Case("IssueLease", async (agent, task) => await agent.IssueAsync(task, BrokerUnderTest.Items));
        yield return Case("HoldTask", async (agent, task) =>
        {
            using var call = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = task });
            await call.ResponseStream.MoveNext(default);
        });
    }

    [TestCaseSource(nameof(LeaseCalls))]
    public async Task Lease_of_another_is_as_if_it_did_not_exist(Func<Agent, string, Task> call)
    {
        var owner = NewAgent();
        var issued = await owner.IssueAsync(await owner.StartTaskAsync(), BrokerUnderTest.Items);
        var other = NewAgent();

        var foreign = await Rpc.RefusedAsync(StatusCode.NotFound, () => call(other, issued.Lease.LeaseId));
        var missing = await Rpc.RefusedAsync(StatusCode.NotFound, () => call(other, Missing));

        Assert.That(Rpc.Describe(foreign), Is.EqualTo(Rpc.Describe(missing)));
        var lease = await owner.GetAsync(issued.Lease.LeaseId);
        Assert.That(lease.State, Is.EqualTo(Proto.LeaseState.Active));
        Assert.That(lease.ExpireTime, Is.EqualTo(issued.Lease.ExpireTime));
    }

    [TestCaseSource(nameof(TaskCalls))]
    public async Task Task_of_another_is_as_if_it_did_not_exist(Func<Agent, string, Task> call)
    {
        var owner = NewAgent();
        var task = await owner.StartTaskAsync();
        var issued = await owner.IssueAsync(task, BrokerUnderTest.Items);
        var other = NewAgent();

        var foreign = await Rpc.RefusedAsync(StatusCode.NotFound, () => call(other, task));
        var missing = await Rpc.RefusedAsync(StatusCode.NotFound, () => call(other, "t-missing"));

        Assert.That(Rpc.Describe(foreign), Is.EqualTo(Rpc.Describe(missing)));
        Assert.That((await owner.GetAsync(issued.Lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Same_task_id_of_two_workloads_are_two_tasks()
    {
        var (one, two) = (NewAgent(), NewAgent());
        await one.StartTaskAsync("t");
        await two.StartTaskAsync("t");
        var lease = (await two.IssueAsync("t", BrokerUnderTest.Items)).Lease;

        await one.CompleteAsync("t");

        Assert.That((await two.GetAsync(lease.LeaseId)).State, Is.EqualTo(Proto.LeaseState.Active));
    }

    private static TestCaseData Case(string name, Func<Agent, string, Task> call) => new TestCaseData(call).SetArgDisplayNames(name);
}
