using System.Collections.Concurrent;
using Npgsql;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.Configuration;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>One server, and all that makes roles at it: plain SQL, a broker that gathers, and one that does not.</summary>
internal sealed class PostgresRig : IAsyncDisposable
{
    public const int NaiveConnections = 16;
    public const int FloorConnections = 4;

    private const int TraceWorkers = 64;

    private readonly BenchmarkDatabase _database;
    private readonly NpgsqlDataSource _plain;
    private readonly List<IAsyncDisposable> _brokers = [];
    private IReadOnlyList<Agent> _agents = [];

    private PostgresRig(BenchmarkDatabase database)
    {
        _database = database;
        _plain = NpgsqlDataSource.Create(database.AccountConnectionString);
        var sql = new PlainSql(_plain);
        Naive = new Scenario("naive", "naive: plain SQL, one by one", _ => sql.NaiveAsync())
        {
            MaxWorkers = NaiveConnections,
            GetReadyAsync = () => sql.ConnectAsync(NaiveConnections),
            TidyUpAsync = TidyUpAsync,
        };
        Floor = new Scenario("floor", "floor: plain SQL, batched", _ => sql.FloorAsync())
        {
            MinWorkers = FloorConnections,
            MaxWorkers = FloorConnections,
            CyclesACall = PlainSql.FloorBatch,
            GetReadyAsync = () => sql.ConnectAsync(FloorConnections),
            TidyUpAsync = TidyUpAsync,
        };
        Plain = sql;
    }

    public Scenario Naive { get; }

    public Scenario Floor { get; }

    /// <summary>As many calls as a cycle, that do next to nothing.</summary>
    public Scenario Calls { get; private set; } = null!;

    public Scenario Broker { get; private set; } = null!;

    /// <summary>The same with <c>gather: 1</c>.</summary>
    public Scenario Ungathered { get; private set; } = null!;

    private PlainSql Plain { get; }

    public static async Task<PostgresRig> StartAsync(int workers)
    {
        var rig = new PostgresRig(await BenchmarkDatabase.StartAsync());
        try
        {
            await rig.Plain.PrepareAsync();
            var broker = await rig.AddBrokerAsync(gather: 64);
            rig._agents = broker.Agents("agent", Math.Max(workers, TraceWorkers));
            var idle = broker.Agents("idle", workers);
            rig.Calls = new Scenario("calls", "calls: two that do nothing", worker => CallTwiceAsync(idle[worker]));
            rig.Broker = rig.Cycle("broker", "broker: issue + complete", rig._agents);
            rig.Ungathered = rig.Cycle("ungathered", "broker that does not gather", (await rig.AddBrokerAsync(gather: 1)).Agents("agent", 1));
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes roles that live at once, and takes them back. What is found of them then should be nothing.</summary>
    public async Task<Traces> LeaveTracesAsync(int roles, Action onIssued)
    {
        var before = await Footprint.TakeAsync(_database);
        var issued = new ConcurrentBag<(Agent Agent, V1.Lease Lease)>();
        await ForEachAsync(Enumerable.Range(0, roles), async n =>
        {
            var agent = _agents[n % TraceWorkers];
            issued.Add((agent, await agent.IssueAsync(BenchmarkCatalog.DatabaseResource, Agent.Role)));
        });
        var most = await Footprint.TakeAsync(_database);
        onIssued();
        await ForEachAsync(issued, one => one.Agent.CompleteAsync(one.Lease));
        return new Traces(before, most, await Footprint.TakeAsync(_database));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var broker in _brokers)
            await broker.DisposeAsync();
        await _plain.DisposeAsync();
        await _database.DisposeAsync();
    }

    private Scenario Cycle(string name, string title, IReadOnlyList<Agent> agents) =>
        new(name, title, worker => agents[worker].IssueAndCompleteAsync(BenchmarkCatalog.DatabaseResource, Agent.Role)) { TidyUpAsync = TidyUpAsync };

    private static Task ForEachAsync<T>(IEnumerable<T> all, Func<T, Task> work) => Parallel.ForEachAsync(
        all, new ParallelOptions { MaxDegreeOfParallelism = TraceWorkers }, async (one, _) => await work(one));

    private static async Task CallTwiceAsync(Agent agent)
    {
        await agent.ListNothingAsync();
        await agent.ListNothingAsync();
    }

    // Sessions that idle follow every change of a role, too, and dead rows of the catalogue are read by whoever comes next.
    private Task TidyUpAsync()
    {
        _plain.Clear();
        return _database.VacuumCatalogueAsync();
    }

    private async Task<LocalBroker> AddBrokerAsync(int gather)
    {
        var store = new Dictionary<string, string> { ["Kind"] = StoreOptions.Sqlite };
        var broker = await LocalBroker.StartAsync(store, _database.CatalogOf(gather));
        _brokers.Add(broker);
        return broker;
    }
}
