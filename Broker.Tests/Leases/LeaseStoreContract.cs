using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.KillSwitch;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Leases;

/// <summary>
/// What every <see cref="ILeaseStore"/> does alike. A store's fixture derives from this and says how to open an empty store and how
/// its time passes; a store that lets time run needs a <see cref="Unit"/> in which a few operations fit with ease.
/// </summary>
internal abstract partial class LeaseStoreContract
{
    protected static readonly WorkloadId Alice = new("spiffe://example.org/agents/alice");
    protected static readonly WorkloadId Bob = new("spiffe://example.org/agents/bob");
    protected static readonly LeaseQuotas NoQuotas = new(0, 0, 0);
    protected const string Orders = "orders-db";

    protected ILeaseStore Store { get; private set; } = null!;

    /// <summary>The test's measure of time.</summary>
    protected abstract TimeSpan Unit { get; }

    /// <summary>An empty store of its own, which keeps ended records for <see cref="Retention"/>.</summary>
    protected abstract Task<ILeaseStore> OpenAsync();

    /// <summary>Returns when the store's clock (<see cref="ILeaseStore.GetTimeAsync"/>) is at this instant or past it.</summary>
    protected abstract Task ReachAsync(DateTimeOffset instant);

    /// <summary>Units that have not passed when a few operations are done, also where the machine stands still meanwhile.</summary>
    private const int Ample = 20;

    protected TimeSpan Retention => Unit * Ample;

    protected static CancellationToken None => CancellationToken.None;

    [SetUp]
    public async Task Open() => Store = await OpenAsync();

    [TearDown]
    public async Task Close() => await Store.DisposeAsync();

    protected ValueTask<DateTimeOffset> NowAsync() => Store.GetTimeAsync(None);

    protected async Task PassAsync(int units) => await ReachAsync(await NowAsync() + (Unit * units));

    protected int ShardOf(WorkloadId owner) => LeaseShards.Of(owner, Store.ShardCount);

    protected IEnumerable<int> Shards => Enumerable.Range(0, Store.ShardCount);

    protected async Task<RenewResult> RenewAsync(LeaseId id, TimeSpan timeToLive, DecisionBasis? basis = null) =>
        await Store.RenewAsync(id, await NowAsync() + timeToLive, basis, None);

    // ---- the shortest way to a lease in a given state

    protected static TaskKey Key(string task = "t1", WorkloadId? owner = null) => new(owner ?? Alice, new TaskId(task));

    protected async Task<AgentTask> StartAsync(TaskKey? key = null, int lifetime = 10_000)
    {
        var result = await Store.StartTaskAsync(
            key ?? Key(), new TaskContent("pay invoices", "carol@example.org", new Dictionary<string, string>()), Unit * lifetime, None);
        Assert.That(result.Status, Is.EqualTo(StartTaskStatus.Started));
        return result.Task!;
    }

    /// <summary>Lasts long enough that only what a test changes can run out.</summary>
    protected Reservation Asked(TaskKey? task = null) => new()
    {
        Task = task ?? Key(),
        Grant = "orders-read",
        Engine = "postgres",
        Target = Orders,
        Action = "read",
        Resource = "orders/invoices",
        Tool = "psql",
        Purpose = "look at an invoice",
        Initiator = "carol@example.org",
        DecisionId = "d-1",
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        TimeToLive = Unit * 2_000,
        MaxTimeToLive = Unit * 4_000,
        IssueTimeout = Unit * 1_000,
        SettleMargin = Unit * 500,
        Quotas = NoQuotas,
    };

    protected async Task<Lease> ReserveAsync(Reservation? asked = null)
    {
        asked ??= Asked();
        if (await Store.FindTaskAsync(asked.Task, None) is null)
        {
            await StartAsync(asked.Task);
        }

        var result = await Store.ReserveAsync(asked, None);
        Assert.That(result.Status, Is.EqualTo(ReserveStatus.Reserved));
        return result.Lease!;
    }

    protected async Task<Lease> ActivateAsync(Reservation? asked = null)
    {
        var result = await Store.ActivateAsync((await ReserveAsync(asked)).Id, "oid=7", None);
        Assert.That(result.Status, Is.EqualTo(ActivateStatus.Activated));
        return result.Lease!;
    }

    /// <summary>Active, then given back by its owner.</summary>
    protected async Task<Lease> EndedAsync(Reservation? asked = null) =>
        (await Store.EndAsync((await ActivateAsync(asked)).Id, EndCause.Returned, None))!;

    protected async Task<Lease> ClaimAsync(LeaseId id, int units = 1_000)
    {
        var claimed = await Store.ClaimAsync(id, Unit * units, None);
        Assert.That(claimed, Is.Not.Null, "the lease should have been due");
        return claimed!;
    }

    protected async Task<Lease> ClaimedAsync(Reservation? asked = null) => await ClaimAsync((await EndedAsync(asked)).Id);

    protected async Task<Lease> RevokeAsync(LeaseId id)
    {
        var claimed = await ClaimAsync(id);
        Assert.That((await Store.MarkGoneAsync(id, claimed.Fence, "no such role", None)).Status, Is.EqualTo(MarkGoneStatus.Marked));
        Assert.That(await Store.FinishAsync(id, claimed.Fence, None), Is.True);
        return await FindAsync(id);
    }

    protected async Task<Lease> RevokedAsync(Reservation? asked = null) => await RevokeAsync((await EndedAsync(asked)).Id);

    // ---- what is asserted again and again

    protected async Task<Lease> FindAsync(LeaseId id)
    {
        var lease = await Store.FindLeaseAsync(id, None);
        Assert.That(lease, Is.Not.Null);
        return lease!;
    }

    protected async Task<long> RevisionAsync(TaskKey? task = null) =>
        (await Store.FindTaskAsync(task ?? Key(), None))!.Revision;

    protected async Task<TargetBacklog> BacklogAsync(string target = Orders, WorkloadId? owner = null)
    {
        var all = await Store.ReadBacklogAsync(ShardOf(owner ?? Alice), None);
        return all.SingleOrDefault(backlog => backlog.Target == target);
    }

    protected async Task AssertNotDueAsync(LeaseId id) =>
        Assert.That(await Store.ClaimAsync(id, Unit * 1_000, None), Is.Null, "the lease should not be due");

    protected async Task AssertReservesAsync(Reservation asked, ReserveStatus expected) =>
        Assert.That((await Store.ReserveAsync(asked, None)).Status, Is.EqualTo(expected));

    protected static void AssertEnded(Lease? lease, EndCause cause, DateTimeOffset from, DateTimeOffset to)
    {
        Assert.That(lease, Is.Not.Null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lease!.State, Is.EqualTo(LeaseState.Revoking));
            Assert.That(lease.Cause, Is.EqualTo(cause));
            Assert.That(lease.EndTime, Is.InRange(from, to));
        }
    }

    protected static void AssertEnded(Lease? lease, EndCause cause, DateTimeOffset at) => AssertEnded(lease, cause, at, at);

    protected async Task<KillOrder> KillAsync(KillScope scope, string value, string id = "k1", TimeSpan? lifetime = null) =>
        await Store.AddKillOrderAsync(
            new KillOrder(id, new KillSelector(scope, value), "incident 12", "spiffe://example.org/ops/dave", default) { Lifetime = lifetime },
            None);
}
