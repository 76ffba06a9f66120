using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Quartz;
using SecretsBroker.Audit;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Engines.RedisAcl;
using SecretsBroker.Tests.Leases.Redis;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>The store is set back to what it was, or to nothing: the audit log is the witness of what happened since.</summary>
[NonParallelizable]
internal sealed class RestoredStoreTests
{
    private const string Table = "orders/invoices";

    private const string TwoInMemory =
        """
        targets:
          - name: memory
            engine: memory
          - name: slow
            engine: memory
            timeout: 5m

        grants:
          - name: read-notes
            action: read
            resource: memory/notes
            target: memory
            default_ttl: 2m
            max_ttl: 10m
          - name: read-slow-notes
            action: read
            resource: slow/notes
            target: slow
            default_ttl: 2m
            max_ttl: 10m

        """;

    private const string Tokens =
        """
        targets:
          - name: api
            engine: jwt
            settings:
              key_file: "{folder}/api.key"
              issuer: https://broker.test
              audience: api

        grants:
          - name: read-api
            action: read
            resource: api/x
            target: api
            default_ttl: 2m
            max_ttl: 10m
            settings:
              bearer: true

        """;

    // For a machine on which everything takes long.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Test]
    public async Task No_revoked_secret_comes_back_to_life_and_no_renewed_one_dies()
    {
        OrdersDatabase.OrIgnore();
        await using var database = await OrdersDatabase.StartAsync();
        var sandbox = new Sandbox(Catalog(database));
        var broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var renewed = await agent.IssueAsync(task, Table);
        var revoked = (await agent.IssueAsync(task, Table)).Lease.LeaseId;
        var token = (await agent.IssueAsync(task, ApiAccess.Resource)).Lease.LeaseId;
        await broker.StopAsync();
        var snapshot = Directory.CreateDirectory(sandbox.PathOf("snapshot")).FullName;
        Copy(sandbox.Folder, snapshot);

        broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        agent = broker.Agent("a");
        var end = (await agent.Leases.RenewLeaseAsync(
            new Proto.RenewLeaseRequest { LeaseId = renewed.Lease.LeaseId, TimeToLive = TimeSpan.FromHours(1).ToDuration() })).Lease.ExpireTime;
        await agent.RevokeAsync(revoked);
        await agent.RevokeAsync(token);
        var later = (await agent.IssueAsync(task, Table)).Lease.LeaseId;
        var laterToken = (await agent.IssueAsync(task, ApiAccess.Resource)).Lease.LeaseId;
        var laterRevoked = (await agent.IssueAsync(task, ApiAccess.Resource)).Lease.LeaseId;
        await agent.RevokeAsync(laterRevoked);
        await broker.StopAsync();
        Copy(snapshot, sandbox.Folder);
        // By the snapshot it has expired long ago.
        SetBack(sandbox.PathOf("leases.db"), renewed.Lease.LeaseId, TimeSpan.FromHours(1));

        await using var restored = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        agent = restored.Agent("a");
        foreach (var lease in new[] { revoked, token })
        {
            await Wait.UntilAsync(async () => (await agent.GetAsync(lease)).State == Proto.LeaseState.Revoked, Limit);
        }

        var denied = restored.Services.GetRequiredService<IDenyList>();
        await Wait.UntilAsync(async () => await denied.FindAsync("api", LeaseId.Parse(laterToken), default) is not null, Limit);
        await Wait.UntilAsync(async () => !(await database.LeaseRolesAsync()).Contains($"sb_{later}"), Limit);
        Assert.That(await denied.FindAsync("api", LeaseId.Parse(token), default), Is.Not.Null);
        await Wait.UntilAsync(async () => await denied.FindAsync("api", LeaseId.Parse(laterRevoked), default) is not null, Limit);
        await Wait.UntilAsync(() => IsToldAsync(restored), Limit);
        var lives = await agent.GetAsync(renewed.Lease.LeaseId);
        Assert.That((lives.State, lives.ExpireTime), Is.EqualTo((Proto.LeaseState.Active, end)));
        var secret = renewed.Secret.Postgres;
        Assert.That(await database.LogsInAsync(secret.Username, secret.Password), Is.True);
        Assert.That(await database.LeaseRolesAsync(), Is.EquivalentTo(new[] { secret.Username }));
        var told = await AuditReader.ReadFolderAsync(sandbox.AuditFolder)
            .Where(entry => entry.Record.Type == AuditEventType.TargetReconciled)
            .Select(entry => entry.Record.Outcome)
            .ToListAsync();
        Assert.That(told, Is.Not.Empty.And.All.EqualTo("StoreSetBack"));
    }

    [Test]
    public async Task Store_that_loses_everything_under_a_running_broker_leaves_nothing_alive()
    {
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint));
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        for (var i = 0; i < 20; i++)
        {
            await agent.IssueAsync(task, BrokerUnderTest.Items);
        }

        // What was written of the log's end by a pass that had looked before the loss would hide it.
        var (log, positions) = (broker.Services.GetRequiredService<AuditLog>(), (ILogPositions)broker.Store);
        await Wait.UntilAsync(async () => (await positions.ReadPositionsAsync(default)).ByBroker.GetValueOrDefault("one") == log.LastDurable);
        Assert.That(await RedisNodes.AskAsync(redis.Port, "FLUSHALL"), Is.EqualTo("+OK"));

        await Wait.UntilAsync(() => broker.Target.Live.IsEmpty, Limit);
        var fresh = (await agent.IssueAsync(await agent.StartTaskAsync(), BrokerUnderTest.Items)).Lease.LeaseId;
        await Wait.UntilAsync(async () => await IsToldAsync(broker));
        Assert.That(broker.Target.Live.Keys.Select(id => id.Value), Is.EqualTo(new[] { fresh }));
    }

    [Test]
    public async Task Store_that_loses_only_what_came_after_it_was_told_is_held_against_the_log()
    {
        RedisRequired.OrIgnore();
        await using var redis = await RedisServer.StartAsync();
        await using var broker = await BrokerUnderTest.StartAsync(("Store:Kind", "redis"), ("Store:Servers", redis.Endpoint));
        // From here on the store is told when this test says so.
        var scheduler = await broker.Services.GetRequiredService<ISchedulerFactory>().GetScheduler();
        await scheduler.Standby();
        await Wait.UntilAsync(async () => (await scheduler.QueryFireInstances(new FireInstanceQuery(), default)).Items.Count == 0);
        var (log, positions) = (broker.Services.GetRequiredService<AuditLog>(), (ILogPositions)broker.Store);
        var witness = broker.Services.GetRequiredService<StoreWitness>();
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var revoked = (await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId;
        var kept = (await agent.IssueAsync(task, BrokerUnderTest.Items, TimeSpan.FromMinutes(2))).Lease.LeaseId;
        await FollowUntilAsync(async () => await PositionAsync() == log.LastDurable);
        var told = await PositionAsync();
        // What it writes after this it does not have when it comes back.
        Assert.That(await RedisNodes.AskAsync(redis.Port, "CONFIG", "SET", "appendonly", "no"), Is.EqualTo("+OK"));
        await agent.RevokeAsync(revoked);
        await agent.IssueAsync(task, BrokerUnderTest.Items);
        Assert.That(await PositionAsync(), Is.EqualTo(told));

        redis.Kill();
        await redis.RestartAsync();
        await Wait.UntilAsync(IsConnectedAsync, Limit);

        await FollowUntilAsync(async () => await IsToldAsync(broker) && await PositionAsync() > told);
        Assert.That(broker.Target.Live.Keys.Select(id => id.Value), Is.EqualTo(new[] { kept }));
        Assert.That((await agent.GetAsync(revoked)).State, Is.EqualTo(Proto.LeaseState.Revoking).Or.EqualTo(Proto.LeaseState.Revoked));
        Assert.That((await agent.GetAsync(kept)).State, Is.EqualTo(Proto.LeaseState.Active));

        async Task<long> PositionAsync() => (await positions.ReadPositionsAsync(default)).ByBroker.GetValueOrDefault("one");

        async Task<bool> IsConnectedAsync()
        {
            try
            {
                return await PositionAsync() == told;
            }
            catch (StoreException)
            {
                return false;
            }
        }

        Task FollowUntilAsync(Func<Task<bool>> condition) => Wait.UntilAsync(
            async () =>
            {
                await witness.FollowAsync(default);
                return await condition();
            },
            Limit);
    }

    [Test]
    public async Task Target_that_hangs_holds_up_neither_revoking_at_others_nor_a_stop_when_the_store_was_lost()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = TwoInMemory);
        var forgotten = await IssueAsync(broker, "slow/notes", TimeSpan.FromMinutes(10));
        await broker.StopAsync();
        Remove(broker.Folder);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var givenUp = false;
        broker.Memory.BeforeRevoking = async (lease, cancelled) =>
        {
            if (lease.Target != "slow")
            {
                return;
            }

            asked.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancelled);
            }
            catch (OperationCanceledException)
            {
                givenUp = true;
                throw;
            }
        };

        await broker.StartAgainAsync();
        await asked.Task.WaitAsync(Limit);
        var due = await IssueAsync(broker, "memory/notes", TimeSpan.FromSeconds(5));
        await Wait.UntilAsync(() => !broker.Memory.Logins.ContainsKey(due), Limit);
        Assert.That(broker.Memory.Logins.Keys, Is.EqualTo(new[] { forgotten }));
        Assert.That(givenUp, Is.False);
        await broker.StopAsync();
        Assert.That(givenUp, Is.True);

        // The store does not pass for current before all is gone.
        broker.Memory.BeforeRevoking = (_, _) => Task.CompletedTask;
        await broker.StartAgainAsync();
        await Wait.UntilAsync(() => broker.Memory.Logins.Count == 0, Limit);
    }

    [Test]
    public async Task Deny_list_that_was_set_back_without_its_leases_lists_again_what_was_revoked()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Catalog = Tokens);
        var token = await IssueAsync(broker, ApiAccess.Resource, TimeSpan.FromMinutes(10));
        using (var caller = broker.ConnectRaw())
        {
            await caller.Leases.RevokeLeaseAsync(new Proto.RevokeLeaseRequest { LeaseId = token.Value }, caller.Options());
            var store = broker.Services.GetRequiredService<ILeaseStore>();
            await Wait.UntilAsync(async () => (await store.FindLeaseAsync(token, default))!.State == LeaseState.Revoked, Limit);
        }

        await broker.StopAsync();
        // As where they lie in a shard of their own.
        var path = Path.Combine(broker.Folder, "leases.db");
        Assert.That(Execute(path, "DELETE FROM denied"), Is.EqualTo(1));
        Execute(path, "DELETE FROM log_positions");

        await broker.StartAgainAsync();
        var denied = broker.Services.GetRequiredService<IDenyList>();
        await Wait.UntilAsync(async () => await denied.FindAsync("api", token, default) is not null, Limit);
        await broker.WaitForAuditAsync(AuditEventType.TargetReconciled, record => record.Outcome == "StoreSetBack");
    }

    [Test]
    public async Task Store_that_forgot_nothing_is_left_as_it_is()
    {
        var sandbox = new Sandbox(BrokerUnderTest.Catalog());
        var broker = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        var agent = broker.Agent("a");
        var task = await agent.StartTaskAsync();
        var lease = (await agent.IssueAsync(task, BrokerUnderTest.Items, TimeSpan.FromMinutes(2))).Lease.LeaseId;
        await agent.RevokeAsync((await agent.IssueAsync(task, BrokerUnderTest.Items)).Lease.LeaseId);
        await broker.StopAsync();

        await using var again = await BrokerUnderTest.StartAsync(sandbox, adapt: null);
        agent = again.Agent("a");
        // Several passes later.
        var other = (await agent.IssueAsync(task, BrokerUnderTest.Items, TimeSpan.FromSeconds(5))).Lease.LeaseId;
        await Wait.UntilAsync(async () => (await agent.GetAsync(other)).State == Proto.LeaseState.Revoked);

        Assert.That((await agent.GetAsync(lease)).State, Is.EqualTo(Proto.LeaseState.Active));
        Assert.That(await IsToldAsync(again), Is.False);
    }

    private static async Task<bool> IsToldAsync(BrokerUnderTest broker) =>
        await AuditReader.ReadFolderAsync(broker.Sandbox.AuditFolder).AnyAsync(entry => entry.Record.Type == AuditEventType.TargetReconciled);

    private static void Copy(string from, string to)
    {
        Remove(to);
        foreach (var file in Directory.GetFiles(from, "leases.db*"))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static void Remove(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "leases.db*"))
        {
            File.Delete(file);
        }
    }

    private static void SetBack(string path, string lease, TimeSpan by)
    {
        var milliseconds = (long)by.TotalMilliseconds;
        var changed = Execute(
            path, $"UPDATE leases SET expire_time = expire_time - {milliseconds}, due = due - {milliseconds} WHERE id = '{lease}'");
        Assert.That(changed, Is.EqualTo(1));
    }

#pragma warning disable CA2100 // The text is this file's own.
    private static int Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }
#pragma warning restore CA2100

    private static async Task<LeaseId> IssueAsync(TestBroker broker, string resource, TimeSpan timeToLive)
    {
        using var caller = broker.ConnectRaw();
        var issued = await caller.Leases.IssueLeaseAsync(
            new Proto.IssueLeaseRequest
            {
                NewTask = new Proto.NewTask(),
                Intent = new Proto.Intent { Action = "read", Resource = resource, Purpose = "a test", TimeToLive = timeToLive.ToDuration() },
            },
            caller.Options());
        return LeaseId.Parse(issued.Lease.LeaseId);
    }

    private static object Catalog(OrdersDatabase database) => new
    {
        targets = (object[])
        [
            database.Target("orders", TimeSpan.FromSeconds(30)),
            ApiAccess.Target,
        ],
        grants = (object[])
        [
            new
            {
                name = "read-orders", action = "read", resource = Table, target = "orders", default_ttl = "10m", max_ttl = "4h",
                settings = new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] } },
            },
            ApiAccess.Grant("1h"),
        ],
    };
}
