using Grpc.Core;
using SecretsBroker.Approvals;
using SecretsBroker.Audit;
using SecretsBroker.Tests.EndToEnd;
using Microsoft.Extensions.DependencyInjection;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Approvals;

/// <summary>A broker whose policies demand approvals, agents who need them, and people who give them.</summary>
internal abstract class ApprovalFixture : ApiFixture
{
    protected const string OneOfOncall = "vault/items";
    protected const string TwoOfOncall = "vault/two";
    protected const string OncallAndFinance = "vault/both";
    protected const string TheDesk = "vault/desk";
    protected const string Forbidden = "vault/forbidden";
    protected const string Free = "vault/free";
    protected const string Emergencies = "firefighter";

    private static readonly string[] Resources = [TwoOfOncall, OncallAndFinance, TheDesk, Forbidden, Free];

    protected static readonly string Policies = $$"""
        @id("free")
        permit (principal, action == Action::"read", resource == Resource::"{{Free}}");

        @id("one") @approval("oncall")
        permit (principal, action == Action::"read", resource == Resource::"{{OneOfOncall}}");

        @id("two") @approval("oncall:2")
        permit (principal, action == Action::"read", resource == Resource::"{{TwoOfOncall}}");

        @id("both-oncall") @approval("oncall")
        permit (principal, action == Action::"read", resource == Resource::"{{OncallAndFinance}}");
        @id("both-finance") @approval("finance")
        permit (principal, action == Action::"read", resource == Resource::"{{OncallAndFinance}}");

        @id("desk") @approval("{{Sandbox.Workload("desk")}}")
        permit (principal, action == Action::"read", resource == Resource::"{{TheDesk}}");

        @id("never") @approval("oncall")
        permit (principal, action == Action::"read", resource == Resource::"{{Forbidden}}");
        @id("not-this")
        forbid (principal, action, resource == Resource::"{{Forbidden}}");

        @id("approvers")
        permit (principal, action == Broker::Action::"approve", resource) unless { principal.id == "{{People.IdOf("suspended")}}" };

        @id("readers")
        permit (principal in Group::"oncall", action in [Broker::Action::"read_approvals", Broker::Action::"read_reviews"], resource);

        @id("reviewers")
        permit (principal in Group::"oncall", action == Broker::Action::"close_review", resource);

        @id("firefighters")
        permit (principal == Workload::"{{Sandbox.Workload(Emergencies)}}", action in [Broker::Action::"break_glass", Broker::Action::"close_review"], resource);
        """;

    protected People People { get; } = new();

    protected IApprovalStore Approvals => Broker.Services.GetRequiredService<IApprovalStore>();

    protected override Task<BrokerUnderTest> StartAsync() => StartAsync(configure: null);

    protected Task<BrokerUnderTest> StartAsync(
        Action<Microsoft.AspNetCore.Builder.WebApplicationBuilder>? configure, params (string Key, object Value)[] further)
    {
        var sandbox = new Sandbox(
            BrokerUnderTest.Catalog([.. Resources.Select((resource, i) => (object)new
            {
                name = $"approved-{i}", action = "read", resource, target = "vault", default_ttl = "1m", max_ttl = "2m",
            })]),
            Policies);
        return BrokerUnderTest.StartAsync(
            sandbox, configure, [.. People.Settings(sandbox), ("Approvals:WatchInterval", "00:00:00.05"), .. further]);
    }

    protected Person PersonOf(string name, params string[] groups) => new(Agent.At(Broker.Channel, People.TokenOf(name, groups)));

    /// <summary>A request that is parked.</summary>
    protected static async Task<Proto.ErrorDetail> ParkAsync(Agent agent, Proto.IssueLeaseRequest request)
    {
        var refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, async () => await agent.Leases.IssueLeaseAsync(request));
        var detail = Rpc.DetailOf(refused);
        Assert.That((detail.Reason, detail.ApprovalId), Is.EqualTo(("APPROVAL_NEEDED", detail.ApprovalId)).And.Not.EqualTo(("APPROVAL_NEEDED", "")));
        return detail;
    }

    /// <summary>A request that is approved; it can be made again as it is.</summary>
    protected async Task<Proto.IssueLeaseRequest> ApprovedAsync(Agent agent, Proto.IssueLeaseRequest request)
    {
        var approved = request.Clone();
        approved.ApprovalId = (await ParkAsync(agent, request)).ApprovalId;
        Assert.That((await PersonOf("lee", "oncall").ApproveAsync(approved.ApprovalId)).State, Is.EqualTo(Proto.ApprovalState.Approved));
        return approved;
    }

    /// <summary>What a call is refused with; and that nothing was made by it.</summary>
    protected static async Task<Proto.ErrorDetail> RefusedAsync(StatusCode code, Agent agent, Proto.IssueLeaseRequest request)
    {
        var before = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest { PageSize = 200 })).Leases.Count;
        var refused = await Rpc.RefusedAsync(code, async () => await agent.Leases.IssueLeaseAsync(request));
        Assert.That(
            (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest { PageSize = 200 })).Leases, Has.Count.EqualTo(before), "nothing is issued");
        return Rpc.DetailOf(refused);
    }

    protected ValueTask<List<AuditRecord>> RecordsAsync(Func<AuditRecord, bool> which) =>
        AuditReader.ReadFolderAsync(Broker.Sandbox.AuditFolder).Select(entry => entry.Record).Where(which).ToListAsync();

    /// <summary>Why the audit log says that a decision was not served.</summary>
    protected async Task<string> ReasonOfAsync(Proto.ErrorDetail detail) =>
        (await RecordsAsync(record => record.Type == AuditEventType.Refused && record.DecisionId == detail.DecisionId)).Single().Reason;
}
