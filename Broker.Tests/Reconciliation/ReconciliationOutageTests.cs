using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Moq;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>What a pass does when the store answers otherwise the second time, or not at all, and when the audit log fails.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReconciliationOutageTests
{
    private readonly ManualTime _time = new();
    private readonly FakeTarget _target = new();
    private readonly RecordingAudit _audit = new();
    private readonly Mock<ILeaseStore> _store = new();
    private readonly ReconciliationOptions _options = new();
    private MeasuredBroker _measured = null!;
    private BrokerTracing _tracing = null!;
    private CapturedLog _log = null!;
    private ILoggerFactory _loggers = null!;
    private TargetEngine _engine = null!;

    [SetUp]
    public void Start()
    {
        (_measured, _tracing, _log) = (new MeasuredBroker(), new BrokerTracing(), new CapturedLog());
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _engine = new TargetEngine(
            new Target("vault", "fake", JsonSerializer.SerializeToElement(new { }), 8, TimeSpan.FromMinutes(1)),
            _target, _measured.Metrics, _tracing, TimeProvider.System);
        _store.Setup(store => store.ShardCount).Returns(1);
        StoreLists();
        _options.Grace = TimeSpan.Zero;
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _loggers.Dispose();
        _tracing.Dispose();
        _measured.Dispose();
    }

    [Test]
    public async Task What_gets_its_lease_within_the_grace_stays()
    {
        _options.Grace = new ReconciliationOptions().Grace;
        var (late, orphan) = (Put(), Put());
        var (started, asked, askedAgain) = (_time.GetUtcNow(), Source(), DateTimeOffset.MinValue);
        var questions = 0;
        StoreKnows(id =>
        {
            if (id != late)
            {
                return null;
            }

            if (++questions == 1)
            {
                asked.SetResult();
                return null;
            }

            askedAgain = _time.GetUtcNow();
            return Active(late);
        });

        var pass = RunAsync();
        await asked.Task;
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return pass.IsCompleted;
        });

        var report = (await pass)!;
        Assert.That((report.Listed, report.Removed), Is.EqualTo((2, 1)));
        Assert.That(report.Orphans, Is.EqualTo(new[] { orphan }));
        Assert.That(_target.Live.Keys, Is.EqualTo(new[] { late }));
        Assert.That(askedAgain - started, Is.GreaterThanOrEqualTo(_options.Grace).And.GreaterThan(TimeSpan.Zero));
    }

    [TestCase(1)]
    [TestCase(2)]
    public async Task Nothing_is_removed_when_the_store_cannot_be_asked(int question)
    {
        var orphan = Put();
        var questions = 0;
        StoreKnows(_ => ++questions == question ? throw new StoreException("the store is down", isTransient: true) : null);

        await Assert.ThrowsAsync<StoreException>(() => RunAsync());

        Assert.That(_target.Live.Keys, Is.EqualTo(new[] { orphan }));
        Assert.That(Passes(), Is.EqualTo(new[] { ("failed", 1) }));
        StoreKnows(_ => null);
        await RunAsync();
        Assert.That(_target.Live, Is.Empty, "the store is there again");
    }

    [Test]
    public async Task Nothing_is_removed_when_the_store_cannot_list_its_leases()
    {
        var orphan = Put();
        StoreKnows(_ => null);
        _store.Setup(store => store.ListLiveAsync(0, It.IsAny<string?>(), It.IsAny<int>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new StoreException("the store is down", isTransient: true));

        await Assert.ThrowsAsync<StoreException>(() => RunAsync());

        Assert.That(_target.Live.Keys, Is.EqualTo(new[] { orphan }));
        Assert.That(Passes(), Is.EqualTo(new[] { ("failed", 1) }));
    }

    [Test]
    public async Task What_is_removed_while_the_audit_log_fails_is_in_the_log_alone_and_the_pass_has_failed()
    {
        var orphan = Put();
        StoreKnows(_ => null);
        _audit.Fails = true;

        await Assert.ThrowsAsync<AuditException>(() => RunAsync());

        Assert.That(_target.Live, Is.Empty);
        Assert.That(_log.Messages, Has.One.StartsWith($"Critical: The removal of {orphan} from target vault is not in the audit log"));
        Assert.That(Passes(), Is.EqualTo(new[] { ("failed", 1) }));
        _audit.Fails = false;
        await RunAsync();
        Assert.That(_audit.Records.Select(record => record.Type), Has.None.EqualTo(AuditEventType.OrphanRemoved));
    }

    [Test]
    public async Task Metrics_say_what_was_removed_what_is_left_and_what_is_missing()
    {
        Put();
        Put();
        _target.Broken[Put()] = true;
        StoreLists(LeaseId.New(0, ReconcilingOperator.Installation), LeaseId.New(0, ReconcilingOperator.Installation));

        await RunAsync();

        Assert.That(Passes(), Is.EqualTo(new[] { ("succeeded", 1) }));
        Assert.That(Sum(TelemetryNames.Metrics.ReconciliationRemoved), Is.EqualTo(2));
        Assert.That(
            Of(TelemetryNames.Metrics.ReconciliationDifferences)
                .ToDictionary(measured => measured.Tags[TelemetryNames.Attributes.Outcome]!, measured => measured.Value),
            Is.EqualTo(new Dictionary<string, double> { ["orphan"] = 1, ["missing"] = 2 }));
        Assert.That(_measured.Measured.Where(IsReconciliation).Select(measured => measured.Tags[TelemetryNames.Attributes.Target]), Is.All.EqualTo("vault"));
    }

    [Test]
    public async Task Metrics_count_a_pass_over_a_target_that_is_down()
    {
        _target.IsDown = true;

        await Assert.ThrowsAsync<EngineException>(() => RunAsync());

        Assert.That(Passes(), Is.EqualTo(new[] { ("failed", 1) }));
    }

    /// <summary>Something of the installation's at the target.</summary>
    private LeaseId Put()
    {
        var id = LeaseId.New(0, ReconcilingOperator.Installation);
        _target.Live[id] = DateTimeOffset.MaxValue;
        return id;
    }

    private static bool IsReconciliation(Measured measured) => measured.Name.StartsWith("secretsbroker.reconciliation.", StringComparison.Ordinal);

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Lease Active(LeaseId id) => new()
    {
        Id = id,
        Task = new TaskKey(TestLeases.Workload, new TaskId("t-1")),
        Grant = "read-items",
        Engine = "fake",
        Target = "vault",
        Action = "read",
        Resource = BrokerUnderTest.Items,
        DecisionId = "d-1",
        State = LeaseState.Active,
    };

    private void StoreLists(params LeaseId[] active)
    {
        _store.Setup(store => store.ListLiveAsync(0, It.IsAny<string?>(), It.IsAny<int>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new LivePage([.. active.Select(id => new LiveLease(Active(id), Basis: null))], NextCursor: null));
        StoreKnows(id => active.Contains(id) ? Active(id) : null);
    }

    private void StoreKnows(Func<LeaseId, Lease?> find) => _store
        .Setup(store => store.FindLeaseAsync(It.IsAny<LeaseId>(), It.IsAny<CancellationToken>()))
        .Returns((LeaseId id, CancellationToken _) => ValueTask.FromResult(find(id)));

    private async Task<ReconciliationReport?> RunAsync() => await new TargetReconciler(
        ReconcilingOperator.Installation,
        new LeaseCover(_store.Object),
        new OrphanRemoval(_audit, _measured.Metrics, _loggers.CreateLogger<OrphanRemoval>()),
        _audit,
        _measured.Metrics,
        Options.Create(_options),
        _time).RunAsync(_engine, dryRun: false, actor: "", default);

    private IEnumerable<Measured> Of(string metric) => _measured.Measured.Where(measured => measured.Name == metric);

    private double Sum(string metric) => Of(metric).Sum(measured => measured.Value);

    private IEnumerable<(string, int)> Passes() => Of(TelemetryNames.Metrics.ReconciliationPasses)
        .GroupBy(measured => measured.Tags[TelemetryNames.Attributes.Outcome]!)
        .Select(passes => (passes.Key, (int)passes.Sum(measured => measured.Value)));
}
