using System.Text.Json;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Policy;
using SecretsBroker.Tests.CommandLine.Policies;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Policy files are replaced under a running broker whose agents have leases.</summary>
internal sealed class PolicyChangeTests
{
    private const string Other = "spiffe://dev.local/agent/b";
    private const string Operator = "spiffe://dev.local/ops/dave";
    private const string PermitAll =
        $$"""
        permit (principal, action, resource);
        permit (
          principal == Workload::"{{Operator}}",
          action in [Broker::Action::"read_policy", Broker::Action::"confirm_recheck"],
          resource == Broker::Subject::"policies"
        );

        """;

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
    public async Task Delegates_lease_ends_when_the_one_above_may_have_it_no_more()
    {
        await using var broker = await StartAsync();
        using var above = broker.Connect();
        using var other = broker.Connect(Other);
        await using var root = await above.StartTaskAsync(
            "read notes", new TaskOptions { Scope = new TaskScope(["read"], ["memory/notes"]) });
        await using var delegation = await root.DelegateAsync(Other);
        await using var task = await other.StartTaskAsync("read notes", new TaskOptions { DelegationId = delegation.Id });
        await using var handedOn = await task.AcquireAsync("read", "memory/notes");
        await using var ownTask = await other.StartTaskAsync("read notes");
        await using var own = await ownTask.AcquireAsync("read", "memory/notes");

        Replace(broker, PermitAll + ForbidAgent);

        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == handedOn.Id);
        Assert.That(revoked.Cause, Is.EqualTo("Policy"));
        var passed = await broker.WaitForAuditAsync(
            AuditEventType.LeasesRechecked, record => record.Reason.StartsWith("1 allowed, 1 denied", StringComparison.Ordinal));
        Assert.That(passed.Outcome, Is.EqualTo("Revoked"));
        Assert.That(own.Lost.IsCancellationRequested, Is.False);
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
        using var dave = broker.ConnectRaw(Operator);
        Replace(broker, PermitAll + ForbidAgent);
        await HeldAsync(dave);

        await broker.StopAsync();
        await broker.StartAgainAsync();
        var held = await HeldAsync(dave);
        Assert.That(await PublishedAsync(broker), Is.Empty);
        Assert.That((held.DeniedByGrant["use-api-token"], held.DeniedLeaseIds), Is.EqualTo((1, new[] { lease })));
        await dave.Rechecks.ConfirmRecheckAsync(new Proto.ConfirmRecheckRequest { PolicyHash = held.PolicyHash }, dave.Options());

        var revoked = await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease);
        Assert.That(revoked.Cause, Is.EqualTo("Policy"));
        Assert.That(await PublishedAsync(broker), Is.EqualTo(new[] { lease }));
        var confirmed = await broker.WaitForAuditAsync(AuditEventType.LeasesRechecked, record => record.Outcome == "Confirmed");
        Assert.That((confirmed.Workload, confirmed.PolicyHash), Is.EqualTo((Operator, held.PolicyHash)));
    }

    [Test]
    public async Task Only_operators_see_and_confirm()
    {
        await using var broker = await StartAsync();
        using var agent = broker.ConnectRaw();
        var hash = new string('0', 64);

        var seeing = await Rpc.RefusedAsync(
            StatusCode.PermissionDenied, async () => await agent.Rechecks.GetRecheckAsync(new Proto.GetRecheckRequest(), agent.Options()));
        var confirming = await Rpc.RefusedAsync(
            StatusCode.PermissionDenied,
            async () => await agent.Rechecks.ConfirmRecheckAsync(new Proto.ConfirmRecheckRequest { PolicyHash = hash }, agent.Options()));

        Assert.That((Rpc.DetailOf(seeing).Reason, Rpc.DetailOf(confirming).Reason), Is.EqualTo(("OPERATOR_DENIED", "OPERATOR_DENIED")));
    }

    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", StatusCode.FailedPrecondition, "NOTHING_HELD")]
    [TestCase("", StatusCode.InvalidArgument, "INVALID_ARGUMENT")]
    [TestCase("zz00000000000000000000000000000000000000000000000000000000000000", StatusCode.InvalidArgument, "INVALID_ARGUMENT")]
    public async Task What_is_not_held_is_not_confirmed(string hash, StatusCode status, string reason)
    {
        await using var broker = await StartAsync();
        using var dave = broker.ConnectRaw(Operator);

        var refused = await Rpc.RefusedAsync(
            status,
            async () => await dave.Rechecks.ConfirmRecheckAsync(new Proto.ConfirmRecheckRequest { PolicyHash = hash }, dave.Options()));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo(reason));
    }

    [Test]
    [NonParallelizable]
    public async Task Command_line_shows_what_is_held_and_confirms_it()
    {
        await using var broker = await StartAsync(("Recheck:MinRevokeCount", "0"));
        using var agent = broker.ConnectRaw();
        var (_, lease) = await IssueAsync(agent);
        using var dave = broker.ConnectRaw(Operator);
        Replace(broker, PermitAll + ForbidAgent);
        var held = await HeldAsync(dave);
        var token = Path.Combine(broker.Folder, "dave.token");
        await File.WriteAllTextAsync(token, broker.TokenOf(Operator));
        string[] recheck = ["policy", "recheck", "--address", broker.Address.ToString(), "--token-file", token];

        var shown = await BrokerRun.InvokeAsync(recheck);
        var confirmed = await BrokerRun.InvokeAsync([.. recheck, "--confirm", held.PolicyHash]);

        Assert.That(shown.Output, Does.Contain($"--confirm {held.PolicyHash}").And.Contain("0 allowed, 1 denied")
            .And.Contain("1 by grant use-api-token").And.Contain(lease));
        Assert.That((shown.ExitCode, confirmed.ExitCode), Is.EqualTo((0, 0)), confirmed.Errors);
        await broker.WaitForAuditAsync(AuditEventType.Revoked, record => record.Lease == lease);
        var again = await BrokerRun.InvokeAsync([.. recheck, "--confirm", new string('0', 64)]);
        Assert.That(again.ExitCode, Is.EqualTo(2));
        Assert.That(again.Errors, Does.Contain("holds nothing because of these policies"));
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

    private static async Task<Proto.Recheck> HeldAsync(RawClient client)
    {
        Proto.Recheck? pass = null;
        await Wait.UntilAsync(async () =>
        {
            pass = (await client.Rechecks.GetRecheckAsync(new Proto.GetRecheckRequest(), client.Options())).Recheck;
            return pass?.Outcome == Proto.RecheckOutcome.Held;
        });
        return pass!;
    }

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
