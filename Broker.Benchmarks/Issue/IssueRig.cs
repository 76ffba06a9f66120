using Microsoft.AspNetCore.Builder;
using SecretsBroker.Configuration;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>The servers and brokers that the rows of the benchmark need, all up at the same time, so that rounds can be interleaved.</summary>
internal sealed class IssueRig : IAsyncDisposable
{
    private const string Sqlite = "jwt_sqlite";
    private const string Redis = "jwt_redis";
    private const string RedisAlways = "jwt_redis_always";
    private const string Postgres = "postgres";

    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<Scenario> _cycles = [];

    private IssueRig()
    {
    }

    /// <summary>An authenticated call that does next to nothing.</summary>
    public Scenario Empty { get; private set; } = null!;

    /// <summary>Issue and complete, by store and engine; the first is <c>jwt</c> on SQLite, which is always there.</summary>
    public IReadOnlyList<Scenario> Cycles => _cycles;

    /// <param name="options">Which rows, and how many call at once.</param>
    /// <param name="adapt">Changes what each broker is composed of; is told for which scenario.</param>
    public static async Task<IssueRig> StartAsync(RunOptions options, Action<string, WebApplicationBuilder>? adapt = null)
    {
        var workers = options.Workers.Max();
        var rig = new IssueRig();
        try
        {
            var sqlite = new Dictionary<string, string> { ["Kind"] = StoreOptions.Sqlite };
            var broker = await rig.AddBrokerAsync(Sqlite, sqlite, BenchmarkCatalog.Tokens, adapt);
            rig.AddCycle(Sqlite, "issue + complete, jwt on SQLite", broker, workers, BenchmarkCatalog.TokenResource, Agent.BoundToken);
            var idle = broker.Agents("idle", workers);
            rig.Empty = new Scenario("empty", "empty authenticated call", worker => idle[worker].ListNothingAsync());
            if (options.Wants(Redis))
                await rig.AddRedisAsync(Redis, "everysec", workers, adapt);
            if (options.Wants(RedisAlways))
                await rig.AddRedisAsync(RedisAlways, "always", workers, adapt);
            if (options.Wants(Postgres))
                await rig.AddPostgresAsync(sqlite, workers, adapt);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
            await part.DisposeAsync();
    }

    private async Task AddRedisAsync(string name, string fsync, int workers, Action<string, WebApplicationBuilder>? adapt)
    {
        var title = $"issue + complete, jwt on Redis ({fsync})";
        if (!RedisServer.IsInstalled)
        {
            Console.WriteLine($"left out: {title}: redis-server is not installed");
            return;
        }

        var server = Keep(await RedisServer.StartAsync(new Dictionary<string, string> { ["appendfsync"] = fsync }));
        var store = new Dictionary<string, string> { ["Kind"] = StoreOptions.Redis, ["Servers"] = server.Endpoint };
        var broker = await AddBrokerAsync(name, store, BenchmarkCatalog.Tokens, adapt);
        AddCycle(name, title, broker, workers, BenchmarkCatalog.TokenResource, Agent.BoundToken);
    }

    private async Task AddPostgresAsync(
        IReadOnlyDictionary<string, string> store, int workers, Action<string, WebApplicationBuilder>? adapt)
    {
        const string Title = "issue + complete, postgres on SQLite";
        if (!PostgresServer.IsInstalled)
        {
            Console.WriteLine($"left out: {Title}: postgres and initdb are not installed");
            return;
        }

        var database = Keep(await BenchmarkDatabase.StartAsync());
        var broker = await AddBrokerAsync(Postgres, store, database.Catalog, adapt);
        AddCycle(Postgres, Title, broker, workers, BenchmarkCatalog.DatabaseResource, Agent.Role);
    }

    private async Task<LocalBroker> AddBrokerAsync(
        string scenario, IReadOnlyDictionary<string, string> store, string catalog, Action<string, WebApplicationBuilder>? adapt) =>
        Keep(await LocalBroker.StartAsync(store, catalog, adapt is null ? null : builder => adapt(scenario, builder)));

    private void AddCycle(
        string name, string title, LocalBroker broker, int workers, string resource, V1.CredentialRequest credential)
    {
        var agents = broker.Agents("agent", workers);
        _cycles.Add(new Scenario(name, title, worker => agents[worker].IssueAndCompleteAsync(resource, credential)));
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }
}
