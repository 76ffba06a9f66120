using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Leases.Redis;
using SecretsBroker.V1;
using Proto = SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.KillSwitch;

/// <summary>The switch works when what else the broker needs is away; without the store nothing is issued either.</summary>
internal sealed class KillOutageTests
{
    private const string Agent = "a";
    // A fifth of it is the broker's to answer in: time enough on a busy machine.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(25);

    private static readonly string Policies = $"""
        {Sandbox.ReadersMayRead}
        permit (principal == Workload::"{Sandbox.Workload(KillOperator.Name)}", action == Broker::Action::"kill", resource);
        """;

    [Test]
    public async Task Kill_works_when_the_audit_log_cannot_be_written_and_is_recorded_when_it_can()
    {
        var disk = new FaultyDisk();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog()),
            builder => builder.Services.AddSingleton<OpenAuditFile>(disk.Open),
            KillOperator.MayKill,
            ("Audit:AppendTimeout", "00:00:01"));
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        disk.Space = 0;

        var pulled = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent));

        Assert.That(broker.Target.Live, Is.Empty);
        Assert.That((pulled.Done.AllGone, pulled.Done.Recorded), Is.EqualTo((true, false)));
        disk.Space = -1;
        await RecordedAsync(broker, pulled.Order, AuditEventType.Killed);
        await RecordedAsync(broker, pulled.Order, AuditEventType.KillCarriedOut);
    }

    [Test]
    public async Task Policies_that_cannot_be_read_leave_the_operators_of_before()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null);
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        broker.Sandbox.WritePolicies("permit (principal, nonsense");
        await RecordedAsync(broker, order: "", AuditEventType.PolicyRejected);

        var pulled = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent));

        Assert.That(pulled.Done.AllGone);
        Assert.That(broker.Target.Live, Is.Empty);
    }

    [Test]
    public async Task Policy_server_that_is_down_does_not_stand_between_an_operator_and_the_switch()
    {
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog(), Policies),
            adapt: null,
            ("Policy:Engine", "opa"),
            ("Policy:Opa:Address", $"http://127.0.0.1:{FreePort.Next()}"));
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        Assert.That(await IsDeniedAsync(async () => await agent.IssueAsync(task, BrokerUnderTest.Items)), "nobody decides for agents");
        var lease = await IssueAsync(broker, task);

        var pulled = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent));

        Assert.That((pulled.Done.AllGone, pulled.Done.Progress.Ended), Is.EqualTo((true, 1)));
        Assert.That((await agent.GetAsync(lease.Value)).EndCause, Is.EqualTo(Proto.EndCause.Killed));
        Assert.That(broker.Target.Live, Is.Empty);
    }

    [Test]
    public async Task Killer_of_the_configuration_kills_though_no_policy_permits_anything()
    {
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog(), Policies), adapt: null, KillOperator.MayKill);
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        broker.Sandbox.WritePolicies("forbid (principal, action == Broker::Action::\"kill\", resource);");
        await Eventually.HoldsAsync(async () => await IsDeniedAsync(async () => await agent.IssueAsync(task, BrokerUnderTest.Items)));

        var pulled = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent));

        Assert.That(pulled.Done.AllGone);
        Assert.That(await KillOperator.At(broker).ListAsync(), Has.Count.EqualTo(1));
        Assert.That(await IsDeniedAsync(() => KillOperator.At(broker).LiftAsync(pulled.Order)), "lifting needs a policy");
    }

    [Test]
    public async Task Kill_does_not_wait_for_an_audit_log_whose_disk_hangs()
    {
        var disk = new FaultyDisk();
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(BrokerUnderTest.Catalog()),
            builder => builder.Services.AddSingleton<OpenAuditFile>(disk.Open),
            KillOperator.MayKill,
            ("Audit:AppendTimeout", "00:01:00"));
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        disk.HoldFlushes();

        using var pulling = await KillOperator.At(broker).BeginAsync(KillOperator.Workload(Agent));
        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);

        disk.LetFlushesGo();
        var pulled = await pulling.EndAsync();
        Assert.That(pulled.Done.AllGone);
        await RecordedAsync(broker, pulled.Order, AuditEventType.Killed);
    }

    [Test]
    public async Task Kill_works_when_a_target_is_down_and_tells_what_is_not_gone_until_it_is()
    {
        await using var broker = await BrokerUnderTest.StartAsync(KillOperator.MayKill);
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        broker.Target.IsDown = true;

        var pulled = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent), within: Short);

        Assert.That((pulled.Done.AllGone, pulled.Done.Progress.Found, pulled.Done.Progress.Revoking), Is.EqualTo((false, 1, 1)));
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        broker.Target.IsDown = false;
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease)).State == Proto.LeaseState.Revoked);
        var again = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent));
        Assert.That(again.Done.AllGone);
    }

    [Test]
    public async Task Target_that_hangs_does_not_delay_what_is_killed_at_others()
    {
        await using var broker = await BrokerUnderTest.StartAsync(
            new Sandbox(new
            {
                targets = (object[])
                [
                    new { name = "vault", engine = "fake", concurrency = 4, timeout = "60s" },
                    ApiAccess.Target,
                ],
                grants = (object[])
                [
                    new { name = "items", action = "read", resource = BrokerUnderTest.Items, target = "vault", default_ttl = "10m", max_ttl = "10m" },
                    ApiAccess.Grant("10m"),
                ],
            }),
            adapt: null,
            KillOperator.MayKill);
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        var leases = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            await agent.IssueAsync(task, BrokerUnderTest.Items);
            leases.Add((await agent.IssueAsync(task, ApiAccess.Resource)).Lease.LeaseId);
        }

        broker.Target.HoldRevocations();
        using var pulling = await KillOperator.At(broker).BeginAsync(new KillSelector { All = true });

        await Eventually.HoldsAsync(async () =>
            (await Task.WhenAll(leases.Select(agent.GetAsync))).All(lease => lease.State == Proto.LeaseState.Revoked));
        Assert.That(broker.Target.Live, Has.Count.EqualTo(10));
        broker.Target.LetRevocationsGo();
        var pulled = await pulling.EndAsync();
        Assert.That((pulled.Done.AllGone, pulled.Done.Progress.Gone), Is.EqualTo((true, 20)));
    }

    [Test]
    public async Task Broker_without_its_store_says_so_and_issues_nothing()
    {
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(
            KillOperator.MayKill, ("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint));
        var agent = broker.Agent(Agent);
        var task = await agent.StartTaskAsync();
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        redis.Kill();

        var refused = await Rpc.RefusedAsync(
            StatusCode.Unavailable, () => KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent)));
        await Rpc.RefusedAsync(StatusCode.Unavailable, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("STORE_UNAVAILABLE"));
        Assert.That(broker.Target.Issued, Is.EqualTo(1));
        await redis.RestartAsync();
        KillOperator.Pulled? pulled = null;
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                pulled = await KillOperator.At(broker).KillAsync(KillOperator.Workload(Agent));
                return true;
            }
            catch (RpcException again) when (again.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
        Assert.That(pulled!.Done.AllGone);
        Assert.That(broker.Target.Live, Is.Empty);
    }

    /// <summary>A live lease of the time before.</summary>
    private static async Task<LeaseId> IssueAsync(BrokerUnderTest broker, string task)
    {
        var reservation = new Reservation
        {
            Task = new TaskKey(Sandbox.Workload(Agent), new TaskId(task)),
            Grant = "read-items",
            Engine = "fake",
            Target = "vault",
            Action = "read",
            Resource = BrokerUnderTest.Items,
            DecisionId = "d",
            TimeToLive = TimeSpan.FromMinutes(2),
            MaxTimeToLive = TimeSpan.FromMinutes(2),
            IssueTimeout = TimeSpan.FromMinutes(1),
            SettleMargin = TimeSpan.Zero,
            Quotas = new LeaseQuotas(0, 0, 0),
        };
        var lease = (await broker.Store.ReserveAsync(reservation, default)).Lease!;
        broker.Target.Live[lease.Id] = lease.ExpireTime;
        await broker.Store.ActivateAsync(lease.Id, "fake", default);
        return lease.Id;
    }

    private static async Task<bool> IsDeniedAsync(Func<Task> call)
    {
        try
        {
            await call();
            return false;
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
        {
            return true;
        }
    }

    private static Task RecordedAsync(BrokerUnderTest broker, string order, AuditEventType type) => Eventually.HoldsAsync(async () =>
        await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .AnyAsync(entry => entry.Record.KillOrder == order && entry.Record.Type == type));
}
