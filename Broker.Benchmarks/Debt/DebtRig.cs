using System.Diagnostics;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.Configuration;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Debt;

/// <summary>A broker with a PostgreSQL target that goes away and comes back, and a jwt target that stays.</summary>
internal sealed class DebtRig : IAsyncDisposable
{
    private const int Workers = 64;
    private const int Probes = 4;

    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);

    // Of a wait, on whatever machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly BenchmarkDatabase _database;
    private readonly LocalBroker _broker;
    private readonly IReadOnlyList<Agent> _agents;

    private DebtRig(BenchmarkDatabase database, LocalBroker broker)
    {
        _database = database;
        _broker = broker;
        _agents = broker.Agents("agent", Workers);
        Probe = new LagProbe(broker.Agents("probe", Probes));
    }

    public LagProbe Probe { get; }

    public static async Task<DebtRig> StartAsync()
    {
        var database = await BenchmarkDatabase.StartAsync();
        try
        {
            var store = new Dictionary<string, string> { ["Kind"] = StoreOptions.Sqlite };
            return new DebtRig(database, await LocalBroker.StartAsync(store, database.Catalog, furtherCatalog: BenchmarkCatalog.Tokens));
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Leases that end at about the same time.</summary>
    public async Task FillAsync(int leases, TimeSpan lifetime)
    {
        var start = Stopwatch.GetTimestamp();
        var left = leases;
        await Task.WhenAll(_agents.Select(async agent =>
        {
            var task = await agent.OpenTaskAsync();
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var rest = lifetime - Stopwatch.GetElapsedTime(start);
                await agent.IssueAsync(
                    task, BenchmarkCatalog.DatabaseResource, Agent.Role, rest > ShortestLifetime ? rest : ShortestLifetime);
            }
        }));
    }

    public Task StopServerAsync() => _database.StopAsync();

    public Task StartServerAsync() => _database.StartAgainAsync();

    /// <summary>Ends when all that lives at the server should be gone.</summary>
    /// <returns>How many those are.</returns>
    public async Task<long> WhenAllIsDueAsync()
    {
        var backlog = default(TargetBacklog);
        await UntilAsync(async () => (backlog = await ReadBacklogAsync()).Debt == backlog.Live);
        return backlog.Debt;
    }

    /// <summary>Ends when nothing lives there.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> WhenEmptyAsync()
    {
        var start = Stopwatch.GetTimestamp();
        await UntilAsync(async () => (await ReadBacklogAsync()).Live == 0);
        return Stopwatch.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task<TargetBacklog> ReadBacklogAsync() =>
        (await _broker.Store.ReadBacklogAsync(0, default)).FirstOrDefault(backlog => backlog.Target == BenchmarkCatalog.DatabaseTarget);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
                throw new TimeoutException("The backlog did not become what it should.");
            await Task.Delay(LookAgainAfter);
        }
    }
}
