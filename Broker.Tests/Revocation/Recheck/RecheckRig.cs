using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Policy;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Policy;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Revocation.Recheck;

/// <summary>What asking again works with: a store with leases, policies that a test changes, a target in memory, a clock that stands still.</summary>
internal sealed class RecheckRig : IAsyncDisposable
{
    public const string PermitAll = "permit (principal, action, resource);";
    public const string Address = "10.1.2.3";
    public static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(30);

    private readonly MeasuredBroker _measured = new();
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    private readonly TargetEngines _engines;
    private readonly Revoker _revoker;
    private readonly SignalBuffer _signals = new();

    /// <param name="store">Disposed with this; null for one in memory, whose clock is <see cref="Time"/>.</param>
    public RecheckRig(ILeaseStore? store = null)
    {
        Store = store ?? new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, Time);
        var tracing = new BrokerTracing();
        _engines = new TargetEngines([Memory], _measured.Metrics, tracing, Time);
        Catalog.Replaced += _engines.Follow;
        Catalog.Replace(CatalogOf("notes/all"));
        _revoker = new Revoker(
            _engines, Store, Audit, _signals, _measured.Metrics, tracing, Options.Create(new RevocationOptions()),
            _backoff, Time, NullLogger<Revoker>.Instance);
        Policy = new AskedPolicy(new CedarPolicyEngine(Policies));
    }

    public ManualTime Time { get; } = new();

    public ILeaseStore Store { get; }

    public ISignalStore Signals => (ISignalStore)Store;

    public MemoryEngine Memory { get; } = new();

    public CurrentCatalog Catalog { get; } = new();

    public CurrentPolicies Policies { get; } = new();

    public AskedPolicy Policy { get; }

    public RecordingAudit Audit { get; } = new();

    public RecordingLogger<PolicyRecheck> Log { get; } = new();

    public RecheckOptions Settings { get; } = new() { MaxRevokePercent = 50, MinRevokeCount = 0 };

    /// <summary>The last value of the gauge.</summary>
    public double Held => _measured.Measured.Last(measured => measured.Name == TelemetryNames.Metrics.RecheckHeld).Value;

    public double Counted(string outcome) => _measured.Measured
        .Where(measured => measured.Name == TelemetryNames.Metrics.RecheckLeases && measured.Tags.Values.Single() == outcome)
        .Sum(measured => measured.Value);

    public static WorkloadId Agent(int number) => new($"spiffe://example.org/agents/{number}");

    public static string Forbid(params int[] agents) => PermitAll + string.Concat(
        agents.Select(agent => $"@id(\"no-{agent}\") forbid (principal == Workload::\"{Agent(agent)}\", action, resource);"));

    /// <summary>A broker that has just started on the store.</summary>
    public PolicyRecheck NewRecheck()
    {
        var options = Options.Create(Settings);
        var asker = new LeaseAsker(
            Policy,
            Catalog,
            Store,
            new DelegationChains(Store, (IDelegationStore)Store),
            new SignalReader(Signals, _signals, Options.Create(new BehaviourOptions()), Time),
            options,
            Time,
            NullLogger<LeaseAsker>.Instance);
        var walk = new RecheckWalk(Store, asker, Policies, _measured.Metrics, options, Time, NullLogger<RecheckWalk>.Instance);
        var denied = new DeniedLeases(Store, _revoker, Policies, Audit, _measured.Metrics, NullLogger<DeniedLeases>.Instance);
        return new PolicyRecheck(Policies, walk, denied, Store, Audit, _measured.Metrics, options, _backoff, Time, Log);
    }

    public async Task PutInForceAsync(string policies)
    {
        using var folder = new PolicyFolder();
        var load = await folder.Write(policies).LoadAsync();
        Assert.That(load.Faults, Is.Empty);
        Policies.Replace(load.Snapshot!);
    }

    /// <summary>A lease of an agent, allowed by the policies in force.</summary>
    public async Task<Lease> IssueAsync(int agent, Func<DecisionBasis, DecisionBasis?>? adapt = null)
    {
        var task = new TaskKey(Agent(agent), new TaskId("t"));
        await Store.StartTaskAsync(
            task, new TaskContent("keep notes", "carol@example.org", new Dictionary<string, string> { ["ticket"] = "N-1" }), TimeSpan.FromHours(8), default);
        var basis = new DecisionBasis
        {
            Method = AuthenticationMethod.OidcToken,
            Groups = ["writers"],
            Attributes = new Dictionary<string, string> { ["team"] = "notes" },
            ProofExpireTime = Time.GetUtcNow() + TimeSpan.FromMinutes(5),
            SourceAddress = Address,
            PolicyHash = Policies.Snapshot.Hash,
        };
        var reserved = await Store.ReserveAsync(
            new Reservation
            {
                Task = task,
                Grant = "read-notes",
                Engine = "memory",
                Target = "memory",
                Action = "read",
                Resource = "notes/all",
                Tool = "pen",
                Purpose = "read a note",
                Initiator = "carol@example.org",
                DecisionId = "d-1",
                Basis = adapt is null ? basis : adapt(basis),
                TimeToLive = TimeToLive,
                MaxTimeToLive = TimeToLive,
                IssueTimeout = TimeSpan.FromSeconds(10),
                SettleMargin = TimeSpan.Zero,
                Quotas = new LeaseQuotas(0, 0, 0),
            },
            default);
        var activated = await Store.ActivateAsync(reserved.Lease!.Id, "", default);
        return activated.Lease!;
    }

    public async Task<IReadOnlyList<Lease>> IssueAsync(IEnumerable<int> agents)
    {
        var leases = new List<Lease>();
        foreach (var agent in agents)
        {
            leases.Add(await IssueAsync(agent));
        }

        return leases;
    }

    /// <summary>The lease, once nothing is under way any more.</summary>
    public async Task<Lease> FindAsync(Lease lease)
    {
        await _revoker.WhenIdleAsync(default);
        return (await Store.FindLeaseAsync(lease.Id, default))!;
    }

    public async Task<int> CountAsync(IEnumerable<Lease> leases, LeaseState state)
    {
        var count = 0;
        foreach (var lease in leases)
        {
            count += (await FindAsync(lease)).State == state ? 1 : 0;
        }

        return count;
    }

    public static CatalogSnapshot CatalogOf(string resource) => new(
        [new Target("memory", "memory", JsonSerializer.SerializeToElement(new { }), 4, TimeSpan.FromSeconds(5))],
        [
            new Grant
            {
                Name = "read-notes",
                Action = "read",
                Resource = resource,
                Target = "memory",
                Engine = "memory",
                DefaultTimeToLive = TimeToLive,
                MaxTimeToLive = TimeToLive,
                Classification = "internal",
            },
        ],
        "test");

    public async ValueTask DisposeAsync()
    {
        await _revoker.DisposeAsync();
        await _engines.DisposeAsync();
        await Store.DisposeAsync();
        _measured.Dispose();
    }
}
