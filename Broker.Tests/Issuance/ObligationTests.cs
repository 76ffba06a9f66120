using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Policy;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Issuance;

/// <summary>What becomes of a request that policy allows under conditions.</summary>
internal sealed class ObligationTests
{
    [TestCase("@approval(\"oncall\")", typeof(ApprovalNeededException), "APPROVAL_NEEDED", "ApprovalNeeded")]
    [TestCase("@sealed(\"required\")", typeof(SealedDeliveryNeededException), "SEALED_DELIVERY_NEEDED", "SealedDeliveryNeeded")]
    public async Task What_cannot_be_fulfilled_is_not_served_and_recorded(string demand, System.Type expected, string reason, string recorded)
    {
        await using var broker = await StartAsync(demand);
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("ask for too much");

        var failure = await Assert.ThrowsAsync(expected, () => task.AcquireAsync("read", "memory/notes")) as SecretsBrokerException;

        Assert.That((failure!.Reason, failure.IsRetryable), Is.EqualTo((reason, false)));
        Assert.That(broker.Memory.Issued, Is.Zero);
        var refused = (await broker.ReadAuditAsync(AuditEventType.Refused)).Single();
        var decided = (await broker.ReadAuditAsync(AuditEventType.Decided)).Single();
        Assert.That((refused.DecisionId, refused.Reason), Is.EqualTo((failure.DecisionId, recorded)));
        Assert.That((decided.Allowed, decided.Approvals.Count > 0 || decided.Sealed == true), Is.EqualTo(((bool?)true, true)));
    }

    [Test]
    public async Task Refused_request_opens_no_task()
    {
        await using var broker = await StartAsync("@approval(\"oncall\")");
        using var raw = broker.ConnectRaw();
        var request = new IssueLeaseRequest
        {
            NewTask = new NewTask { TaskId = "never" },
            Intent = new Intent { Action = "read", Resource = "memory/notes", Purpose = "read notes" },
        };

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await raw.Leases.IssueLeaseAsync(request, raw.Options()));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        var sought = await Assert.ThrowsAsync<RpcException>(
            async () => await raw.Tasks.GetTaskAsync(new GetTaskRequest { TaskId = "never" }, raw.Options()));
        Assert.That(sought!.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Renewal_is_refused_when_policy_has_come_to_demand_an_approval()
    {
        await using var broker = await StartAsync("");
        using var raw = broker.ConnectRaw();
        var lease = (await IssueAsync(raw)).Lease;
        await File.WriteAllTextAsync(Path.Combine(broker.Folder, "policies", "test.cedar"), Permit("@approval(\"oncall\")"));
        var policies = broker.Services.GetRequiredService<PolicyReload>();
        Assert.That(await policies.LoadAsync(default), Is.Empty);

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await raw.Leases.RenewLeaseAsync(new RenewLeaseRequest { LeaseId = lease.LeaseId }, raw.Options()));

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        Assert.That((await broker.ReadAuditAsync(AuditEventType.Refused)).Single().Reason, Is.EqualTo("ApprovalNeeded"));
    }

    [Test]
    public async Task Caller_is_told_what_was_demanded_and_advised()
    {
        await using var broker = await StartAsync("@max_ttl(\"90s\") @advice(\"use it once\")");
        using var raw = broker.ConnectRaw();

        var response = await IssueAsync(raw);

        Assert.That(response.Decision.Advice, Is.EqualTo(new[] { "use it once" }));
        Assert.That(response.Decision.Obligations.MaxTimeToLive, Is.EqualTo(TimeSpan.FromSeconds(90).ToDuration()));
        Assert.That(response.Lease.MaxExpireTime - response.Lease.CreateTime, Is.EqualTo(TimeSpan.FromSeconds(90).ToDuration()));
        Assert.That((await broker.ReadAuditAsync(AuditEventType.Decided)).Single().Advice, Is.EqualTo(new[] { "use it once" }));
    }

    private static Task<TestBroker> StartAsync(string demands) => TestBroker.StartAsync(options =>
    {
        options.Policies = Permit(demands);
        options.Settings["Policy:ReloadInterval"] = "01:00:00";
    });

    private static string Permit(string demands) => $"{demands} permit (principal, action == Action::\"read\", resource);";

    private static async Task<IssueLeaseResponse> IssueAsync(RawClient raw) => await raw.Leases.IssueLeaseAsync(
        new IssueLeaseRequest { NewTask = new NewTask(), Intent = new Intent { Action = "read", Resource = "memory/notes", Purpose = "read notes" } },
        raw.Options());
}
