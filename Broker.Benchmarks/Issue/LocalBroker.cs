using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Hosting;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>
/// The real broker in this process, on a loopback port without TLS, with its files in a temporary folder. Quotas are off, and it logs
/// warnings only; all else is as a user has it who configures nothing.
/// </summary>
internal sealed class LocalBroker : IAsyncDisposable
{
    private const string Audience = "secrets-broker-benchmark";
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(2);

    private readonly TemporaryFolder _folder = new();
    private readonly DevIssuer _issuer;
    private readonly List<Agent> _agents = [];
    private WebApplication _app = null!;

    private LocalBroker() => _issuer = DevIssuer.Create(_folder.Path);

    /// <param name="store">Settings of the section <c>Store</c>.</param>
    /// <param name="catalog">The catalogue, YAML; <c>{folder}</c> stands for the broker's folder.</param>
    /// <param name="adapt">Changes what is composed.</param>
    /// <param name="furtherCatalog">More of it.</param>
    public static async Task<LocalBroker> StartAsync(
        IReadOnlyDictionary<string, string> store, string catalog, Action<WebApplicationBuilder>? adapt = null, string? furtherCatalog = null)
    {
        var broker = new LocalBroker();
        try
        {
            await broker.WriteAsync("catalog", "benchmark.yaml", catalog);
            if (furtherCatalog is not null)
                await broker.WriteAsync("catalog", "further.yaml", furtherCatalog);
            await broker.WriteAsync("policies", "benchmark.cedar", BenchmarkCatalog.Policies);
            Directory.CreateDirectory(broker.PathOf("keys"));
            broker._app = await BrokerHost.BuildAsync(broker.Configure(store), adapt);
            await broker._app.StartAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public ILeaseStore Store => _app.Services.GetRequiredService<ILeaseStore>();

    /// <summary>Agents with an identity and a connection each.</summary>
    /// <param name="kind">Part of their names: agents of another kind are others.</param>
    /// <param name="count">How many.</param>
    public IReadOnlyList<Agent> Agents(string kind, int count)
    {
        var agents = Enumerable.Range(0, count)
            .Select(number => new WorkloadId($"{DevIssuer.IdPrefix}{kind}/{number}"))
            .Select(id => new Agent(new Uri(_app.Urls.First()), _issuer.Mint(id, Audience, TokenLifetime, TimeProvider.System)))
            .ToList();
        _agents.AddRange(agents);
        return agents;
    }

    public async ValueTask DisposeAsync()
    {
        _agents.ForEach(agent => agent.Dispose());
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _issuer.Dispose();
        _folder.Dispose();
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private async Task WriteAsync(string folder, string file, string text)
    {
        Directory.CreateDirectory(PathOf(folder));
        await File.WriteAllTextAsync(
            Path.Combine(PathOf(folder), file), text.Replace("{folder}", _folder.Path, StringComparison.Ordinal));
    }

    private IConfiguration Configure(IReadOnlyDictionary<string, string> store)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Listen:Insecure"] = "true",
            ["Listen:Port"] = "0",
            ["Store:Path"] = PathOf("leases.db"),
            ["Catalog:Folder"] = PathOf("catalog"),
            ["Policy:Folder"] = PathOf("policies"),
            ["Audit:Folder"] = PathOf("audit"),
            ["Identity:Development"] = "true",
            ["Identity:Audiences:0"] = Audience,
            ["Identity:TrustDomains:0:Name"] = DevIssuer.TrustDomain,
            ["Identity:TrustDomains:0:BundleFile"] = _issuer.BundleFile,
            ["Issuance:MaxLivePerWorkload"] = "0",
            ["Issuance:MaxLivePerTask"] = "0",
            ["Issuance:MaxIssuesPerMinute"] = "0",
            ["Logging:LogLevel:Default"] = "Warning",
            // It warns of development identities, rightly.
            ["Logging:LogLevel:SecretsBroker.Identity"] = "Error",
            // And of every kill.
            ["Logging:LogLevel:SecretsBroker.KillSwitch"] = "Error",
            // And of each lease that is not revoked yet.
            ["Logging:LogLevel:SecretsBroker.Revocation"] = "Critical",
            // And of each role that no lease covers, or that nobody looks for them.
            ["Logging:LogLevel:SecretsBroker.Reconciliation"] = "Error",
        };
        foreach (var (name, value) in store)
            settings[$"Store:{name}"] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }
}
