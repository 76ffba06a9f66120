using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Policy;
using SecretsBroker.Revocation.Recheck;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Policy files are replaced under a running broker whose agents have leases.</summary>
internal sealed class PolicyChangeTests
{
    private const string Other = "spiffe://dev.local/agent/b";
    private const string PermitAll = "permit (principal, action, resource);\n";
    private const string ForbidAgent = $"forbid (principal == Workload::\"{TestBroker.Agent}\", action, resource);\n";

    [Test]
    public async Task Token_of_the_agent_that_is_no_longer_allowed_is_revoked_and_the_agent_is_told()
    {
        await using var broker = await StartAsync();
        using var agent = broker.ConnectRaw();
        var (task, forbidden) = await IssueAsync(agent);
        using var other = broker.ConnectRaw(Other);
        var (_, allowed) = await IssueAsync(other);
        using var lifeline = agent.Tasks.HoldTask(new Proto.HoldTaskRequest { TaskId = task }, agent.Options());
        await lifeline.ResponseStream.MoveNext(default);

        Replace(broker, PermitAll + ForbidAgent);

        Assert.That(await lifeline.ResponseStream.MoveNext(default), Is.True);
        Assert.That(
            lifeline.ResponseStream.Current.LeaseEnded,
            Is.EqualTo(new Proto.LeaseEnded { LeaseId = forbidden, Cause = Proto.EndCause.Policy }));
        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == forbidden);
        Assert.That(revoked.Cause, Is.EqualTo("Policy"));
        Assert.That(await PublishedAsync(broker), Is.EqualTo(new[] { forbidden }));
        var denial = await broker.WaitForAuditAsync(AuditEventType.LeasesRechecked, record => record.Lease == forbidden);
        Assert.That(denial.PolicyHash, Is.EqualTo(broker.Services.GetRequiredService<CurrentPolicies>().Snapshot.Hash));
        var lease = (await other.Leases.GetLeaseAsync(new Proto.GetLeaseRequest { LeaseId = allowed }, other.Options())).Lease;
        Assert.That(lease.State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task Dry_run_tells_and_leaves_the_token_alone()
    {
        await using var broker = await StartAsync(("Recheck:Mode", "dry_run"));
        using var agent = broker.ConnectRaw();
        var (_, lease) = await IssueAsync(agent);

        Replace(broker, PermitAll + ForbidAgent);

        var told = await broker.WaitForAuditAsync(AuditEventType.LeasesRechecked, record => record.Outcome == "DryRun");
        Assert.That(told.Reason, Does.StartWith("0 allowed, 1 denied"));
        Assert.That(await PublishedAsync(broker), Is.Empty);
        var live = (await agent.Leases.GetLeaseAsync(new Proto.GetLeaseRequest { LeaseId = lease }, agent.Options())).Lease;
        Assert.That(live.State, Is.EqualTo(Proto.LeaseState.Active));
    }

    [Test]
    public async Task What_is_too_much_at_once_waits_for_an_operator_also_across_a_restart()
    {
        await using var broker = await StartAsync(("Recheck:MinRevokeCount", "0"));
        using var agent = broker.ConnectRaw();
        var (_, lease) = await IssueAsync(agent);
        Replace(broker, PermitAll + ForbidAgent);
        await HoldsAsync(broker);

        await broker.StopAsync();
        await broker.StartAgainAsync();
        await HoldsAsync(broker);
        Assert.That(await PublishedAsync(broker), Is.Empty);
        var recheck = broker.Services.GetRequiredService<PolicyRecheck>();
        Assert.That(await recheck.ConfirmAsync(recheck.Report!.PolicyHash, Other, default), Is.True);

        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease);
        Assert.That(revoked.Cause, Is.EqualTo("Policy"));
        Assert.That(await PublishedAsync(broker), Is.EqualTo(new[] { lease }));
    }

    private static Task<TestBroker> StartAsync(params (string Key, string Value)[] settings) => TestBroker.StartAsync(options =>
    {
        options.Policies = PermitAll;
        options.Catalog +=
            """
              - name: use-api-token
                action: use
                resource: invoices-api/service
                target: invoices-api
                default_ttl: 5m
                max_ttl: 10m
                settings:
                  bearer: true

            """;
        options.Settings["Policy:ReloadInterval"] = "00:00:00.1";
        foreach (var (key, value) in settings)
        {
            options.Settings[key] = value;
        }
    });

    private static Task HoldsAsync(TestBroker broker) => Wait.UntilAsync(
        () => broker.Services.GetRequiredService<PolicyRecheck>().Report is { Outcome: RecheckOutcome.Held, Denied: 1 });

    private static async Task<(string Task, string Lease)> IssueAsync(RawClient agent)
    {
        var task = await agent.Tasks.StartTaskAsync(new Proto.StartTaskRequest { Purpose = "a test" }, agent.Options());
        var issued = await agent.Leases.IssueLeaseAsync(
            new Proto.IssueLeaseRequest
            {
                TaskId = task.Task.TaskId,
                Intent = new Proto.Intent { Action = "use", Resource = "invoices-api/service", Purpose = "a test" },
            },
            agent.Options());
        return (task.Task.TaskId, issued.Lease.LeaseId);
    }

    /// <summary>By renaming, as an operator is told to.</summary>
    private static void Replace(TestBroker broker, string policies)
    {
        var file = Path.Combine(broker.Folder, "policies", "test.cedar");
        File.WriteAllText(file + ".new", policies);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>The leases that verifiers of the target's tokens refuse.</summary>
    private static async Task<string[]> PublishedAsync(TestBroker broker)
    {
        using var http = new HttpClient { BaseAddress = broker.Publications };
        using var list = JsonDocument.Parse(await http.GetStringAsync("/v1/jwt/invoices-api/revoked.json"));
        return [.. list.RootElement.GetProperty("revoked").EnumerateArray().Select(entry => entry.GetProperty("id").GetString()!)];
    }
}
