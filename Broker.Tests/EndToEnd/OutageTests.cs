using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>Something that the broker needs is away: it says UNAVAILABLE, hands nothing out, and leaves nothing behind.</summary>
internal sealed class OutageTests
{
    private static readonly TimeSpan TargetTimeout = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Target_that_is_down_costs_the_call_and_leaves_nothing()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(TargetTimeout)), adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        broker.Target.IsDown = true;

        var refused = await Rpc.RefusedAsync(StatusCode.Unavailable, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));

        Assert.That(Rpc.Describe(refused), Does.Not.Contain("hunter2").And.Not.Contain("refused"));
        Assert.That(Rpc.DetailOf(refused).Retryable, Is.True);
        broker.Target.IsDown = false;
        var lease = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases.Single();
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease.LeaseId)).State == Proto.LeaseState.Revoked);
        Assert.That((await agent.GetAsync(lease.LeaseId)).EndCause, Is.EqualTo(Proto.EndCause.IssueFailed));
        Assert.That(broker.Target.Live, Is.Empty);
        await agent.IssueAsync(task, BrokerUnderTest.Items);
    }

    [Test]
    public async Task Target_that_does_not_answer_costs_no_more_than_its_time()
    {
        await using var broker = await BrokerUnderTest.StartAsync(new Sandbox(BrokerUnderTest.Catalog(TargetTimeout)), adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        broker.Target.HoldIssues();

        await Rpc.RefusedAsync(StatusCode.Unavailable, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));

        var lease = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases.Single();
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease.LeaseId)).State == Proto.LeaseState.Revoked);
        Assert.That(broker.Target.Live, Is.Empty);
    }

    [Test]
    public async Task Lease_whose_target_is_down_is_revoked_when_it_is_back()
    {
        await using var broker = await BrokerUnderTest.StartAsync();
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        broker.Target.IsDown = true;

        var ended = await agent.CompleteAsync(task);

        Assert.That(ended.LeaseEnds.Single().Status, Is.EqualTo(Proto.LeaseEndStatus.InProgress));
        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(Proto.LeaseState.Revoking));
        Assert.That(broker.Target.Live, Has.Count.EqualTo(1));
        broker.Target.IsDown = false;
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease)).State == Proto.LeaseState.Revoked);
        Assert.That(broker.Target.Live, Is.Empty);
    }

    [Test]
    public async Task Target_that_hangs_delays_nobody_else()
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
                    new { name = "items", action = "read", resource = BrokerUnderTest.Items, target = "vault", default_ttl = "1m", max_ttl = "1m" },
                    ApiAccess.Grant("1m"),
                ],
            }),
            adapt: null);
        var agent = broker.Agent("a");
        broker.Target.HoldRevocations();
        var hanging = await agent.StartTaskAsync();
        for (var i = 0; i < 20; i++)
        {
            await agent.IssueAsync(hanging, BrokerUnderTest.Items, timeToLive: i % 2 == 0 ? TimeSpan.FromSeconds(6) : null);
        }

        await agent.CompleteInTimeAsync(hanging);
        var other = await agent.StartTaskAsync();
        var expiring = (await agent.IssueAsync(other, ApiAccess.Resource, TimeSpan.FromSeconds(6))).Lease.LeaseId;
        await agent.IssueAsync(other, ApiAccess.Resource);

        await Eventually.HoldsAsync(async () => (await agent.GetAsync(expiring)).State == Proto.LeaseState.Revoked);
        var ended = await agent.CompleteAsync(other);

        Assert.That(ended.LeaseEnds.Single().Status, Is.EqualTo(Proto.LeaseEndStatus.Gone));
        Assert.That(broker.Target.Live, Has.Count.EqualTo(20));
        broker.Target.LetRevocationsGo();
        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);
    }

    [Test]
    public async Task Audit_log_whose_disk_hangs_does_not_hold_up_the_answer_of_a_completed_task()
    {
        var disk = new FaultyDisk();
        await using var broker = await StartAsync(disk);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        disk.HoldFlushes();

        var ended = await agent.CompleteInTimeAsync(task);

        Assert.That(ended.LeaseEnds.Single().LeaseId, Is.EqualTo(lease));
        Assert.That(broker.Target.Live, Is.Empty);
        disk.LetFlushesGo();
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease)).State == Proto.LeaseState.Revoked);
    }

    [Test]
    public async Task Audit_log_that_cannot_be_written_stops_issuing_and_not_revoking()
    {
        var disk = new FaultyDisk();
        await using var broker = await StartAsync(disk);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var returned = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var completed = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        disk.Space = 0;

        var refused = await Rpc.RefusedAsync(StatusCode.Unavailable, async () => await agent.IssueAsync(task, BrokerUnderTest.Items));
        await agent.RevokeAsync(returned);
        var ended = await agent.CompleteAsync(task);

        Assert.Multiple(() =>
        {
            Assert.That(Rpc.DetailOf(refused).Retryable, Is.True);
            Assert.That(broker.Target.Issued, Is.EqualTo(2), "something was made for the intent that could not be recorded");
            Assert.That(broker.Target.Live, Is.Empty);
            Assert.That(ended.Task.Outcome, Is.EqualTo(Proto.TaskOutcome.Succeeded));
        });
        disk.Space = -1;
        foreach (var lease in new[] { returned, completed })
        {
            await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease)).State == Proto.LeaseState.Revoked);
        }

        var records = await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder)
            .Where(entry => entry.Record.Type == AuditEventType.Revoked)
            .Select(entry => entry.Record.Lease)
            .ToListAsync();
        Assert.That(records, Is.EquivalentTo(new[] { returned, completed }));
        Assert.That((await AuditVerifier.VerifyAsync(AuditFiles.Current(broker.Sandbox.AuditFolder, "one"))).Break, Is.Null);
    }

    [Test]
    public async Task Secret_whose_issue_cannot_be_recorded_is_taken_back()
    {
        var disk = new FaultyDisk();
        await using var broker = await StartAsync(disk);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        broker.Target.HoldIssues();
        var issuing = agent.IssueAsync(task, BrokerUnderTest.Items).ResponseAsync;
        await broker.Target.UntilIssuingAsync();

        disk.Space = 0;
        broker.Target.LetIssuesGo();
        await Rpc.RefusedAsync(StatusCode.Unavailable, () => issuing);
        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty);

        Assert.That(broker.Target.Issued, Is.EqualTo(1));
        disk.Space = -1;
        var lease = (await agent.Leases.ListLeasesAsync(new Proto.ListLeasesRequest())).Leases.Single();
        await Eventually.HoldsAsync(async () => (await agent.GetAsync(lease.LeaseId)).State == Proto.LeaseState.Revoked);
        Assert.That((await agent.GetAsync(lease.LeaseId)).EndCause, Is.EqualTo(Proto.EndCause.Undelivered));
    }

    [Test]
    public async Task Store_that_is_down_stops_every_call_and_forgets_nothing()
    {
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint));
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        redis.Kill();

        foreach (var call in (Func<Task>[])
        [
            async () => await agent.IssueAsync(task, BrokerUnderTest.Items),
            () => agent.StartTaskAsync(),
            () => agent.GetAsync(lease),
            () => agent.RevokeAsync(lease),
            async () => await agent.CompleteAsync(task),
        ])
        {
            var refused = await Rpc.RefusedAsync(StatusCode.Unavailable, call);
            Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("STORE_UNAVAILABLE"));
            Assert.That(refused.Status.Detail, Does.Not.Contain("127.0.0.1").IgnoreCase.And.Not.Contain("redis").IgnoreCase);
        }

        Assert.That(broker.Target.Issued, Is.EqualTo(1));
        await redis.RestartAsync();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return (await agent.CompleteAsync(task)).LeaseEnds.All(end => end.Status == Proto.LeaseEndStatus.Gone);
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
        Assert.That((await agent.GetAsync(lease)).EndCause, Is.EqualTo(Proto.EndCause.Completed));
        Assert.That(broker.Target.Live, Is.Empty);
    }

    private static Task<BrokerUnderTest> StartAsync(FaultyDisk disk) => BrokerUnderTest.StartAsync(
        new Sandbox(BrokerUnderTest.Catalog()),
        builder => builder.Services.AddSingleton<OpenAuditFile>(disk.Open));
}
