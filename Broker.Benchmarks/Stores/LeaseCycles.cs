using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Stores;

/// <summary>Leases of 64 workloads in one store.</summary>
internal sealed class LeaseCycles(ILeaseStore store)
{
    private const int Workloads = 64;
    private const int LoadingWorkers = 256;

    private static readonly TaskKey[] Tasks =
        [.. Enumerable.Range(0, Workloads).Select(i => new TaskKey(new WorkloadId($"spiffe://example.org/agents/{i}"), new TaskId("t")))];

    // As policy is shown an agent of an ordinary company: some groups, some claims.
    private static readonly DecisionBasis Basis = new()
    {
        Method = AuthenticationMethod.OidcToken,
        Groups = ["agents", "finance-readers", "eu-west"],
        Attributes = new Dictionary<string, string> { ["team"] = "finance", ["namespace"] = "month-end" },
        ProofExpireTime = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        SourceAddress = "10.20.30.40",
        PolicyHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    };

    private int _live;

    public async Task StartTasksAsync()
    {
        foreach (var task in Tasks)
        {
            await store.StartTaskAsync(
                task,
                new TaskContent("close the books", "carol@example.org", new Dictionary<string, string>()),
                TimeSpan.FromHours(12),
                CancellationToken.None);
        }
    }

    /// <summary>The whole way of one lease: reserve, activate, end, claim, mark gone, finish.</summary>
    public async Task RunAsync(int worker)
    {
        var id = await MakeAsync(worker);
        await store.EndAsync(id, EndCause.Completed, CancellationToken.None);
        var claimed = await store.ClaimAsync(id, TimeSpan.FromMinutes(1), CancellationToken.None)
            ?? throw new InvalidOperationException("A lease that has ended is not due.");
        await store.MarkGoneAsync(id, claimed.Fence, "no such role", CancellationToken.None);
        if (!await store.FinishAsync(id, claimed.Fence, CancellationToken.None))
            throw new InvalidOperationException("A lease that is gone is not finished.");
    }

    /// <summary>Makes leases that stay, until there are so many.</summary>
    public async Task FillAsync(int live)
    {
        await Task.WhenAll(Enumerable.Range(0, LoadingWorkers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref _live) is var next && next <= live)
                await MakeAsync(next);
            Interlocked.Decrement(ref _live);
        })));
    }

    private async Task<LeaseId> MakeAsync(int number)
    {
        var reserved = await store.ReserveAsync(Reservation(Tasks[number % Workloads]), CancellationToken.None);
        var id = reserved.Lease?.Id ?? throw new InvalidOperationException($"Not reserved: {reserved.Status}");
        await store.ActivateAsync(id, "oid=16384", CancellationToken.None);
        return id;
    }

    private static Reservation Reservation(TaskKey task) => new()
    {
        Task = task,
        Grant = "read-orders",
        Engine = "postgres",
        Target = "orders-db",
        Action = "read",
        Resource = "orders/invoices",
        Tool = "reporter",
        Purpose = "add up the month's invoices",
        Initiator = "carol@example.org",
        DecisionId = "d-0123456789abcdefghij",
        Basis = Basis,
        TimeToLive = TimeSpan.FromHours(1),
        MaxTimeToLive = TimeSpan.FromHours(2),
        IssueTimeout = TimeSpan.FromSeconds(10),
        SettleMargin = TimeSpan.FromSeconds(10),
        // High, but there: counting is part of the work.
        Quotas = new LeaseQuotas(1_000_000, 1_000_000, 60_000_000),
    };
}
