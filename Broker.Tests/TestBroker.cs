using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Engines;
using SecretsBroker.Hosting;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Dev;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests;

/// <summary>
/// The whole broker in this process, on free loopback ports: SQLite in a folder of its own, the development trust domain, certificates,
/// tokens, and an engine in memory. It sweeps and beats ten times a second.
/// </summary>
internal sealed class TestBroker : IAsyncDisposable
{
    public const string Agent = "spiffe://dev.local/agent/a";
    public const string Audience = "test-broker";

    private const string AuditName = "test";

    private readonly TemporaryFolder _folder = new();
    private readonly TestBrokerOptions _options;
    private readonly DevIssuer _issuer;
    private WebApplication? _app;

    private TestBroker(TestBrokerOptions options)
    {
        _options = options;
        _issuer = DevIssuer.Create(_folder.Path);
    }

    /// <summary>For gRPC; the same after a restart.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Certificates, keys, lists of what was revoked; the same after a restart.</summary>
    public Uri Publications { get; private set; } = null!;

    /// <summary>The engine of the target <c>memory</c>.</summary>
    public MemoryEngine Memory { get; } = new();

    public string Folder => _folder.Path;

    public string AuditFile => Path.Combine(_folder.Path, "audit", $"{AuditName}.jsonl");

    /// <summary>Of the broker that is running.</summary>
    public IServiceProvider Services => _app!.Services;

    public static async Task<TestBroker> StartAsync(Action<TestBrokerOptions>? adapt = null)
    {
        var options = new TestBrokerOptions();
        adapt?.Invoke(options);
        var broker = new TestBroker(options);
        try
        {
            broker.WriteFiles();
            await broker.StartAgainAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it in order; its store, its log and its ports are kept.</summary>
    public async Task StopAsync()
    {
        if (_app is { } running)
        {
            _app = null;
            await running.StopAsync();
            await running.DisposeAsync();
        }
    }

    /// <summary>Starts what was stopped.</summary>
    public async Task StartAgainAsync()
    {
        _app = await BrokerHost.BuildAsync(Configuration(), Adapt);
        await _app.StartAsync();
        var addresses = _app.Urls.Select(url => new Uri(url)).ToArray();
        (Address, Publications) = (addresses[0], addresses[1]);
    }

    /// <summary>A proof of identity.</summary>
    public string TokenOf(string workload, TimeSpan? lifetime = null) =>
        _issuer.Mint(new WorkloadId(workload), Audience, lifetime ?? TimeSpan.FromMinutes(10), TimeProvider.System);

    /// <summary>A client of a workload; leases of ordinary length are not renewed within a test.</summary>
    public SecretsBrokerClient Connect(string workload = Agent, Action<SecretsBrokerOptions>? adapt = null)
    {
        var options = new SecretsBrokerOptions
        {
            Address = Address,
            Token = TokenSource.FromCallback(_ => ValueTask.FromResult(TokenOf(workload))),
            // A machine that is busy is no fault of the broker.
            CallTimeout = TimeSpan.FromMinutes(1),
        };
        adapt?.Invoke(options);
        return new SecretsBrokerClient(options);
    }

    /// <summary>The stubs, as a workload.</summary>
    public RawClient ConnectRaw(string workload = Agent) => new(Address, () => TokenOf(workload));

    public async Task<IReadOnlyList<AuditRecord>> ReadAuditAsync(AuditEventType type)
    {
        var records = new List<AuditRecord>();
        await foreach (var entry in AuditReader.ReadAsync(AuditFile))
        {
            if (entry.Record.Type == type)
            {
                records.Add(entry.Record);
            }
        }

        return records;
    }

    /// <summary>Waits for the first record that is as asked for.</summary>
    public async Task<AuditRecord> WaitForAuditAsync(AuditEventType type, Func<AuditRecord, bool> isIt)
    {
        AuditRecord? found = null;
        await Wait.UntilAsync(async () => (found = (await ReadAuditAsync(type)).FirstOrDefault(isIt)) is not null);
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _issuer.Dispose();
        _folder.Dispose();
    }

    private void WriteFiles()
    {
        foreach (var (folder, file, text) in (IEnumerable<(string, string, string)>)
            [("catalog", "test.yaml", _options.Catalog), ("policies", "test.cedar", _options.Policies)])
        {
            var path = Directory.CreateDirectory(Path.Combine(_folder.Path, folder)).FullName;
            File.WriteAllText(Path.Combine(path, file), text.Replace("{folder}", _folder.Path, StringComparison.Ordinal));
        }
    }

    private IConfiguration Configuration()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Listen:Insecure"] = "true",
            ["Listen:Port"] = $"{Address?.Port ?? 0}",
            ["Listen:PublishPort"] = $"{Publications?.Port ?? 0}",
            ["Store:Path"] = Path.Combine(_folder.Path, "leases.db"),
            ["Store:Durable"] = "false",
            ["Catalog:Folder"] = Path.Combine(_folder.Path, "catalog"),
            ["Policy:Folder"] = Path.Combine(_folder.Path, "policies"),
            ["Audit:Folder"] = Path.Combine(_folder.Path, "audit"),
            ["Audit:Broker"] = AuditName,
            ["Identity:Development"] = "true",
            ["Identity:Audiences:0"] = Audience,
            ["Identity:TrustDomains:0:Name"] = DevIssuer.TrustDomain,
            ["Identity:TrustDomains:0:BundleFile"] = _issuer.BundleFile,
            ["Tasks:BeatInterval"] = "00:00:00.1",
            ["Tasks:DefaultGrace"] = "00:01:00",
            ["Revocation:SweepInterval"] = "00:00:00.1",
            ["Revocation:OutageGrace"] = "00:00:00",
        };
        foreach (var (key, value) in _options.Settings)
        {
            settings[key] = value;
        }

        return new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
    }

    private void Adapt(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<ICredentialEngineType>(Memory);
        _options.Adapt?.Invoke(builder);
    }
}
