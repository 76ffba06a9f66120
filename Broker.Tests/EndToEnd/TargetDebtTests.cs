using System.Text.Json.Nodes;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.CommandLine.Policies;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A target that is down for long: what should be gone waits for it, counts as its debt, and is gone soon after it is back.</summary>
[NonParallelizable]
internal sealed class TargetDebtTests
{
    private const string Operator = "operator";

    private static readonly string Policies = $$"""
        {{Sandbox.ReadersMayRead}}

        permit (principal == Workload::"{{Sandbox.Workload(Operator)}}", action == Broker::Action::"read_targets", resource);
        """;

    // So long that no test would see a second try of its own accord.
    private static readonly (string Key, object Value)[] LongDelays =
        [("Revocation:MinDelay", "00:01:00"), ("Revocation:MaxDelay", "01:00:00"), ("Revocation:ProbeInterval", "00:00:00.1")];

    [Test]
    public async Task What_waits_for_a_target_is_revoked_when_the_target_is_back_however_long_its_delay()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null, LongDelays);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var leases = new List<LeaseId>();
        for (var i = 0; i < 10; i++)
        {
            leases.Add(LeaseId.Parse((await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId));
        }

        broker.Target.IsDown = true;
        await agent.CompleteAsync(task);
        // By then each waits for a quarter of an hour at least.
        await Wait.UntilAsync(async () => (await FindAsync(broker, leases)).All(lease => lease.Attempts >= 6), TimeSpan.FromMinutes(3));
        // Of the last sweep, for which one may just have been tried.
        await Wait.UntilAsync(async () => await ListAsync(broker) is { DebtCount: > 0, OldestDebtAge: not null, StuckCount: 10 });
        var list = await ListAsync(broker);
        Assert.Multiple(() =>
        {
            Assert.That(list.Revoking.Status, Is.EqualTo(Proto.TargetStatus.Down));
            Assert.That(list.Issuing.Status, Is.EqualTo(Proto.TargetStatus.Up));
        });

        broker.Target.IsDown = false;

        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);
        await Wait.UntilAsync(async () => await ListAsync(broker) is
            { LiveCount: 0, DebtCount: 0, Revoking.Status: Proto.TargetStatus.Up, RevokedLastMinute: 10 });
    }

    [Test]
    public async Task One_lease_that_fails_for_itself_does_not_make_the_others_wait()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null, LongDelays);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var poison = LeaseId.Parse((await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId);
        broker.Target.Broken.TryAdd(poison, true);
        await agent.RevokeAsync($"{poison}");
        await Wait.UntilAsync(async () => (await FindAsync(broker, [poison]))[0].Attempts >= 6);

        var other = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        await agent.RevokeAsync(other);

        await Wait.UntilAsync(() => broker.Target.Live.Keys.Order().SequenceEqual([poison]));
        broker.Target.Broken.Clear();
    }

    [Test]
    public async Task Nothing_is_issued_at_a_target_that_owes_more_than_it_may_and_others_serve()
    {
        await using var broker = await StartWithLimitAsync("max_debt", 2);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var ending = await agent.StartTaskAsync();
        for (var i = 0; i < 3; i++)
        {
            await agent.IssueAsync(ending, BrokerUnderTest.Items);
        }

        broker.Target.IsDown = true;
        await agent.CompleteAsync(ending);
        await Wait.UntilAsync(async () => (await ListAsync(broker)).InDebt);

        var refused = await Rpc.RefusedAsync(StatusCode.ResourceExhausted, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));

        var detail = Rpc.DetailOf(refused);
        Assert.That((detail.Reason, detail.Retryable), Is.EqualTo(("TARGET_IN_DEBT", true)));
        Assert.That(broker.Target.Issued, Is.EqualTo(3));
        Assert.That((await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases, Has.Count.EqualTo(3), "a reservation was left");
        await agent.IssueAsync(task, ApiAccess.Resource);
        var records = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).Select(entry => entry.Record).ToListAsync();
        Assert.That(
            records.Where(record => record.Type == AuditEventType.Refused).Select(record => (record.DecisionId, record.Reason)),
            Is.EqualTo(new[] { (detail.DecisionId, "TargetInDebt") }));
        broker.Target.IsDown = false;
        await Wait.UntilAsync(async () => !(await ListAsync(broker)).InDebt);
        await agent.IssueAsync(task, BrokerUnderTest.Items);
    }

    [Test]
    public async Task Nothing_is_issued_at_a_target_that_owes_for_longer_than_it_may()
    {
        await using var broker = await StartWithLimitAsync("max_debt_age", "1s");
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        broker.Target.IsDown = true;
        await agent.RevokeAsync(lease);
        await Wait.UntilAsync(async () => (await ListAsync(broker)).InDebt);

        var refused = await Rpc.RefusedAsync(StatusCode.ResourceExhausted, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("TARGET_IN_DEBT"));
        broker.Target.IsDown = false;
    }

    [Test]
    public async Task Targets_are_shown_to_operators_only()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null);

        var refused = await Rpc.RefusedAsync(StatusCode.PermissionDenied, () => ListAsync(broker, "a"));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("OPERATOR_DENIED"));
    }

    [Test]
    public async Task Command_line_lists_the_targets()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        await Wait.UntilAsync(async () => (await ListAsync(broker)).LiveCount == 1);

        var run = await RunListAsync(broker);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(
            run.Output,
            Does.Contain("vault  fake").And.Contain("issuing works since").And.Contain("revoking not tried yet").And.Contain("1 live, 0 should be gone, 0 stuck"));
    }

    private static async Task<ProgramRun> RunListAsync(BrokerUnderTest broker)
    {
        var token = broker.Sandbox.PathOf("operator.token");
        await File.WriteAllTextAsync(token, broker.Sandbox.Token(Operator));
        return await BrokerRun.InvokeAsync("target", "list", "--address", $"http://{broker.Channel.Target}", "--token-file", token);
    }

    private static async Task<Proto.Target> ListAsync(BrokerUnderTest broker, string caller = Operator)
    {
        var calls = new Proto.TargetService.TargetServiceClient(broker.Agent(caller).Calls);
        return (await calls.ListTargetsAsync(new Proto.ListTargetsRequest())).Targets.Single(target => target.Name == "vault");
    }

    private static async Task<Lease[]> FindAsync(BrokerUnderTest broker, List<LeaseId> leases) =>
        [.. (await Task.WhenAll(leases.Select(id => broker.Store.FindLeaseAsync(id, default).AsTask()))).Select(lease => lease!)];

    private static Task<BrokerUnderTest> StartWithLimitAsync(string setting, object limit)
    {
        var vault = new JsonObject { ["name"] = "vault", ["engine"] = "fake", ["timeout"] = "5s", [setting] = JsonValue.Create(limit) };
        var catalog = new
        {
            targets = (object[])[vault, ApiAccess.Target],
            grants = (object[])
            [
                new { name = "items", action = "read", resource = BrokerUnderTest.Items, target = "vault", default_ttl = "1m", max_ttl = "1m" },
                ApiAccess.Grant("1m"),
            ],
        };
        return BrokerUnderTest.StartAsync(new Sandbox(catalog, Policies), adapt: null, LongDelays);
    }
}
