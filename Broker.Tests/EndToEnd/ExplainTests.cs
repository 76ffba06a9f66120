using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Tests.KillSwitch;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using AuditRecord = SecretsBroker.Audit.AuditRecord;
using LeaseId = SecretsBroker.Leases.LeaseId;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What a running broker tells afterwards of what it did.</summary>
[NonParallelizable]
internal sealed class ExplainTests : ApiFixture
{
    private const string Auditor = "auditor";

    private static readonly string Policies = $$"""
        {{Sandbox.ReadersMayRead}}

        @id("auditors")
        permit (
          principal == Workload::"{{Sandbox.Workload(Auditor)}}",
          action == Broker::Action::"read_audit",
          resource == Broker::Subject::"audit"
        );
        """;

    private AuditService.AuditServiceClient Audit => new(Broker.Agent(Auditor).Calls);

    protected override Task<BrokerUnderTest> StartAsync() => BrokerUnderTest.StartAsync(
        new Sandbox(BrokerUnderTest.Catalog(targetTimeout: TimeSpan.FromSeconds(5)), Policies), adapt: null, KillOperator.MayKill, ("Revocation:Retention", "00:00:00"));

    [TearDown]
    public async Task PutRightAsync()
    {
        Broker.Target.IsDown = false;
        Broker.Target.LetRevocationsGo();
        foreach (var order in await Broker.Store.ListKillOrdersAsync(default))
        {
            await Broker.Store.LiftKillOrderAsync(order.Id, default);
        }
    }

    [Test]
    public async Task Lease_is_told_from_the_decision_to_the_proof()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var issued = await agent.IssueAsync(task, BrokerUnderTest.Reports, tool: BrokerUnderTest.ReportTool);
        var lease = issued.Lease.LeaseId;
        await ReportAsync(agent, lease, BrokerUnderTest.ReportTool, $"{BrokerUnderTest.Reports}/7");
        await ReportAsync(agent, lease, "nmap", $"{BrokerUnderTest.Reports}/7");
        var renewed = await agent.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = lease });
        await agent.CompleteAsync(task);

        var told = await ExplainGoneAsync(lease);

        Assert.Multiple(() =>
        {
            Assert.That(told.Actor.Workload, Is.EqualTo(Sandbox.Workload(name).Value));
            Assert.That(told.Actor.Authentication, Is.Not.Empty);
            Assert.That((told.Task.TaskId, told.Task.Purpose, told.Task.Outcome), Is.EqualTo((task, "a test", "Succeeded")));
            Assert.That((told.Intent.Action, told.Intent.Resource), Is.EqualTo(("read", BrokerUnderTest.Reports)));
            Assert.That(told.Decision.DecisionId, Is.EqualTo(issued.Decision.DecisionId));
            Assert.That(told.Decision.Policies, Is.EqualTo(new[] { "readers-may-read" }));
            Assert.That(told.Decision.PolicyHash, Is.EqualTo(issued.Decision.PolicyHash));
            Assert.That(told.Renewals.Single().Decision.DecisionId, Is.EqualTo(renewed.Decision.DecisionId));
            Assert.That((told.UseCount, told.ViolationCount), Is.EqualTo((2, 1)));
            Assert.That(told.Uses[1].Violation, Does.Contain("another tool"));
            Assert.That(told.Touched.Single(), Is.EqualTo(new TouchedResource { Resource = $"{BrokerUnderTest.Reports}/7", UseCount = 2 }));
            Assert.That((told.End.Cause, told.End.Proof), Is.EqualTo(("Completed", "looked in memory")));
            Assert.That(told.End.Outlived, Is.EqualTo(told.End.GoneTime - told.End.EndTime));
            Assert.That(told.Missing, Is.Empty);
            Assert.That(told.Coverage.Whole, Is.True);
        });
    }

    [Test]
    public async Task Revocation_that_a_target_held_up_shows_how_long_the_lease_outlived_its_end()
    {
        var (_, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        Broker.Target.IsDown = true;
        var completing = agent.CompleteAsync(task);
        await Eventually.HoldsAsync(async () => (await Broker.Store.FindLeaseAsync(LeaseId.Parse(lease), default))!.Attempts >= 2);
        ExplainLeaseResponse during = null!;
        await Eventually.HoldsAsync(async () =>
            (during = await Audit.ExplainLeaseAsync(new ExplainLeaseRequest { LeaseId = lease })).Explanation.Missing.Count > 0);
        Broker.Target.IsDown = false;
        await completing;

        var after = await ExplainGoneAsync(lease);

        Assert.That((during.Explanation.End, during.Current.State), Is.EqualTo(((ExplainedEnd?)null, LeaseState.Revoking)));
        Assert.That(during.Explanation.Missing.Single(), Does.StartWith("the proof that it is gone"));
        Assert.That(after.End.Attempts, Is.GreaterThan(1));
        Assert.That(after.End.Outlived.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Killed_lease_is_told_with_who_and_why_to_operators_only()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var pulled = await KillOperator.At(Broker).KillAsync(KillOperator.Workload(name), reason: "it loops");

        var told = await ExplainGoneAsync(lease);
        var own = (await new AuditService.AuditServiceClient(agent.Calls).ExplainLeaseAsync(new ExplainLeaseRequest { LeaseId = lease, Own = true })).Explanation;

        var kill = told.End.Kills.Single();
        Assert.That((kill.OrderId, kill.Reason, kill.Operator), Is.EqualTo((pulled.Order, "it loops", Sandbox.Workload(KillOperator.Name).Value)));
        Assert.Multiple(() =>
        {
            Assert.That((own.End.Cause, own.End.Proof, own.End.Kills.Count), Is.EqualTo(("Killed", "", 0)));
            Assert.That((own.Coverage.Whole, own.Coverage.Ranges.Count), Is.EqualTo((true, 0)));
            Assert.That($"{own}", Does.Not.Contain(KillOperator.Name).And.Not.Contain("it loops").And.Not.Contain(pulled.Order));
        });
    }

    [Test]
    public async Task Use_outside_the_intent_that_ended_a_lease_is_told_with_its_end()
    {
        var (_, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        await ReportAsync(agent, lease, "curl", "elsewhere");

        var told = await ExplainGoneAsync(lease);

        Assert.That((told.End.Cause, told.ViolationCount, told.Missing.Count), Is.EqualTo(("Violation", 1, 0)));
    }

    [Test]
    public async Task Secret_that_never_left_the_broker_is_told_as_never_issued()
    {
        var (_, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        Broker.Target.IsDown = true;
        await Rpc.RefusedAsync(StatusCode.Unavailable, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        Broker.Target.IsDown = false;
        var lease = await RevokedOfAsync(task);

        var told = await ExplainGoneAsync(lease);

        Assert.That((told.IssueTime, told.End.Cause, told.Missing.Count), Is.EqualTo(((Timestamp?)null, "IssueFailed", 0)));
    }

    [Test]
    public async Task Task_is_told_with_its_leases_and_with_what_it_was_not_given()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var request = Agent.Request(task, BrokerUnderTest.Items);
        request.Intent.Action = "delete";
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.Leases.IssueLeaseAsync(request));
        await agent.CompleteAsync(task, TaskOutcome.Failed);
        await ExplainGoneAsync(lease);

        var told = (await Audit.ExplainTaskAsync(new ExplainTaskRequest { TaskId = task })).Explanation;
        var own = (await new AuditService.AuditServiceClient(agent.Calls).ExplainTaskAsync(new ExplainTaskRequest { TaskId = task, Own = true })).Explanation;

        Assert.Multiple(() =>
        {
            Assert.That((told.Actor.Workload, told.Task.Outcome), Is.EqualTo((Sandbox.Workload(name).Value, "Failed")));
            Assert.That(told.Leases.Single().LeaseId, Is.EqualTo(lease));
            Assert.That((told.TurnedDown.Single().Action, told.TurnedDown.Single().Allowed), Is.EqualTo(("delete", false)));
            Assert.That((told.OpenLeaseCount, told.Missing.Count), Is.EqualTo((0, 0)));
            Assert.That(own.Leases.Single().End.Cause, Is.EqualTo("Failed"));
        });
    }

    [Test]
    public async Task Another_workloads_lease_and_task_are_not_found()
    {
        var (_, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var live = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var gone = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        await agent.RevokeAsync(gone);
        await ExplainGoneAsync(gone);
        var other = new AuditService.AuditServiceClient(NewAgent().Calls);

        foreach (var lease in new[] { live, gone, live[..^1] + (live[^1] == 'a' ? 'b' : 'a') })
        {
            await Rpc.RefusedAsync(StatusCode.NotFound, async () => await other.ExplainLeaseAsync(new ExplainLeaseRequest { LeaseId = lease, Own = true }));
        }

        await Rpc.RefusedAsync(StatusCode.NotFound, async () => await other.ExplainTaskAsync(new ExplainTaskRequest { TaskId = task, Own = true }));
    }

    [Test]
    public async Task Whom_policy_does_not_let_read_the_log_is_refused_on_the_record()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var calls = new AuditService.AuditServiceClient(agent.Calls);

        foreach (var call in (IEnumerable<Func<Task>>)
        [
            async () => await calls.ExplainLeaseAsync(new ExplainLeaseRequest { LeaseId = lease }),
            async () => await calls.ExplainTaskAsync(new ExplainTaskRequest { TaskId = task }),
            async () => await calls.QueryAuditAsync(new QueryAuditRequest()),
        ])
        {
            var refused = await Rpc.RefusedAsync(StatusCode.PermissionDenied, call);
            var decision = Rpc.DetailOf(refused).DecisionId;
            var record = (await QueryAsync(new AuditFilter { Workload = Sandbox.Workload(name).Value, Outcome = "denied" }))
                .Single(record => record.DecisionId == decision);
            Assert.That(record.Action, Is.EqualTo("Broker::Action::\"read_audit\""));
        }
    }

    [Test]
    public async Task Records_are_found_page_by_page_as_they_stand_in_the_log()
    {
        var (name, agent) = NewNamed();
        var task = await agent.StartTaskAsync();
        for (var i = 0; i < 5; i++)
        {
            await agent.IssueAsync(task, BrokerUnderTest.Items);
        }

        var request = new QueryAuditRequest
        {
            Filter = new AuditFilter { Workload = Sandbox.Workload(name).Value, EventTypes = { "Issued", "Decided" } },
            PageSize = 3,
        };
        var lines = new List<string>();
        do
        {
            var page = await Audit.QueryAuditAsync(request);
            Assert.That(page.Records, Has.Count.LessThanOrEqualTo(3));
            Assert.That(page.Coverage.Faults, Is.Empty);
            lines.AddRange(page.Records.Select(record => record.Line));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.That(lines, Has.Count.EqualTo(10));
        Assert.That(lines, Is.SubsetOf(await File.ReadAllLinesAsync(AuditFiles.Current(Broker.Sandbox.AuditFolder, "one"))));
    }

    private static readonly TestCaseData<QueryAuditRequest, string>[] Faulty =
    [
        new(new QueryAuditRequest { PageSize = -1 }, "page_size"),
        new(new QueryAuditRequest { PageSize = 501 }, "page_size"),
        new(new QueryAuditRequest { PageToken = "next" }, "page_token"),
        new(new QueryAuditRequest { Filter = new AuditFilter { Workload = "carol" } }, "filter.workload"),
        new(new QueryAuditRequest { Filter = new AuditFilter { TaskId = "a b" } }, "filter.task_id"),
        new(new QueryAuditRequest { Filter = new AuditFilter { LeaseId = "x" } }, "filter.lease_id"),
        new(new QueryAuditRequest { Filter = new AuditFilter { Resource = "a\"b" } }, "filter.resource"),
        new(new QueryAuditRequest { Filter = new AuditFilter { Grant = "A" } }, "filter.grant"),
        new(new QueryAuditRequest { Filter = new AuditFilter { Outcome = "Denied!" } }, "filter.outcome"),
        new(new QueryAuditRequest { Filter = new AuditFilter { EventTypes = { "" } } }, "filter.event_types"),
        new(new QueryAuditRequest { Filter = new AuditFilter { StartTime = new Timestamp { Seconds = long.MaxValue } } }, "filter.start_time"),
        new(new QueryAuditRequest { Filter = new AuditFilter { EndTime = new Timestamp { Nanos = -1 } } }, "filter.end_time"),
    ];

    [TestCaseSource(nameof(Faulty))]
    public async Task Question_that_breaks_a_rule_is_refused_with_the_field(QueryAuditRequest request, string field)
    {
        var refused = await Rpc.RefusedAsync(StatusCode.InvalidArgument, async () => await Audit.QueryAuditAsync(request));

        Assert.That(Rpc.DetailOf(refused).Field, Is.EqualTo(field));
    }

    [Test]
    public async Task Page_of_a_broker_that_is_not_there_begins_again()
    {
        var token = $"nobody.1.0.0.{AuditLine.Genesis}";

        var refused = await Rpc.RefusedAsync(StatusCode.Aborted, async () => await Audit.QueryAuditAsync(new QueryAuditRequest { PageToken = token }));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("AUDIT_FILES_GONE"));
    }

    private (string Name, Agent Agent) NewNamed()
    {
        var name = NewName();
        return (name, Broker.Agent(name));
    }

    private static async Task ReportAsync(Agent agent, string lease, string tool, string resource) => await agent.Leases.ReportUseAsync(
        new ReportUseRequest { LeaseId = lease, Tool = tool, DownstreamResource = resource, Outcome = UseOutcome.Succeeded });

    /// <summary>Records of one happening are written side by side: it is complete when the last of them is on the disk.</summary>
    private async Task<LeaseExplanation> ExplainGoneAsync(string lease)
    {
        LeaseExplanation told = null!;
        await Eventually.HoldsAsync(async () =>
        {
            told = (await Audit.ExplainLeaseAsync(new ExplainLeaseRequest { LeaseId = lease })).Explanation;
            return told is { End: not null, Missing.Count: 0 };
        });
        return told;
    }

    private async Task<string> RevokedOfAsync(string task)
    {
        List<AuditRecord> records = [];
        await Eventually.HoldsAsync(async () =>
        {
            records = await QueryAsync(new AuditFilter { TaskId = task, EventTypes = { "Revoked" } });
            return records.Count == 1;
        });
        return records.Single().Lease;
    }

    private async Task<List<AuditRecord>> QueryAsync(AuditFilter filter)
    {
        var request = new QueryAuditRequest { Filter = filter };
        var found = new List<AuditRecord>();
        do
        {
            var page = await Audit.QueryAuditAsync(request);
            found.AddRange(page.Records.Select(record => AuditLine.TryParse(Encoding.UTF8.GetBytes(record.Line))!.Record));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return found;
    }
}
