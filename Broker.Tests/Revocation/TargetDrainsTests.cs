using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Revocation;

/// <summary>How much of a target's debt is taken at once: little while it is down, and for a while after it has come back.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TargetDrainsTests : IDisposable
{
    private const int Concurrency = 20;
    private const int Width = 5;
    private const int SlowStartGroup = 4;

    private static readonly TimeSpan GroupTime = TimeSpan.FromMilliseconds(30);
    private static readonly RevocationOptions Settings = new();

    private readonly ManualTime _time = new();
    private readonly Mock<ILeaseStore> _store = new();
    private readonly MeasuredBroker _measured = new();
    private readonly List<int> _claims = [];
    private TargetEngines _engines = null!;
    private Revoker _revoker = null!;
    private TargetDrains _drains = null!;
    private int _full;

    private CallHealth Health => _engines.Find("db")!.Revoking;

    [SetUp]
    public void NewDrains()
    {
        var (tracing, options, engine) = (new BrokerTracing(), Options.Create(Settings), new Mock<ICredentialEngine>());
        engine.Setup(one => one.Width).Returns(Width);
        var type = new Mock<ICredentialEngineType>();
        type.Setup(one => one.Name).Returns("gathering");
        type.Setup(one => one.Create(It.IsAny<Target>())).Returns(engine.Object);
        _engines = new TargetEngines([type.Object], _measured.Metrics, tracing, _time);
        var target = new Target("db", "gathering", JsonSerializer.SerializeToElement(new { }), Concurrency, TimeSpan.FromSeconds(10));
        _engines.Follow(new CatalogSnapshot([target], [], "1"));
        _revoker = new Revoker(
            _engines, _store.Object, new RecordingAudit(), new SignalBuffer(), _measured.Metrics, tracing, options,
            new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), _time, NullLogger<Revoker>.Instance);
        _drains = new TargetDrains(_store.Object, _engines, _revoker, _measured.Metrics, options, _time, NullLogger<TargetDrains>.Instance);
        _store.Setup(store => store.ClaimDueAsync(0, "db", It.IsAny<int>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>()))
            .Returns((int _, string _, int max, TimeSpan _, CancellationToken _) => ValueTask.FromResult(Claim(max)));
    }

    public void Dispose() => _measured.Dispose();

    [Test]
    public async Task Target_that_was_never_down_is_given_all_that_it_can_take()
    {
        _full = 2;

        await DrainAsync();

        Assert.That(_claims, Is.EqualTo([Concurrency * Width, Concurrency * Width, Concurrency * Width]));
    }

    [Test]
    public async Task Target_that_is_down_is_tried_with_a_few()
    {
        Fail();
        _full = 5;

        await DrainAsync();

        Assert.That(_claims, Is.EqualTo([Concurrency]));
    }

    [Test]
    public async Task Target_that_is_back_is_given_small_groups_with_rests_between_them()
    {
        Fail();
        Health.Succeeded();
        _full = 2;
        _drains.SetToWork("db", [0], default);
        var idle = _drains.WhenIdleAsync(default);

        Assert.That(_claims, Is.EqualTo([SlowStartGroup]), "it rests");
        _time.Advance((3 * GroupTime) - TimeSpan.FromTicks(1));
        Assert.That(_claims, Is.EqualTo([SlowStartGroup]), "three times as long as the group took");
        _time.Advance(TimeSpan.FromTicks(1));
        await Wait.UntilAsync(() => _claims.Count == 2);
        await PassTimeUntilAsync(idle);

        Assert.That(_claims, Is.EqualTo([SlowStartGroup, SlowStartGroup, SlowStartGroup]));
    }

    [Test]
    public async Task What_a_slow_start_leaves_is_taken_at_once()
    {
        Fail();
        Health.Succeeded();
        _time.Advance(Settings.SlowStart - GroupTime);
        _full = 2;
        _drains.SetToWork("db", [0], default);

        await PassTimeUntilAsync(_drains.WhenIdleAsync(default));

        Assert.That(_claims, Is.EqualTo([SlowStartGroup, Concurrency * Width, Concurrency * Width]));
    }

    private Task DrainAsync()
    {
        _drains.SetToWork("db", [0], default);
        return _drains.WhenIdleAsync(default).WaitAsync(TimeSpan.FromMinutes(3));
    }

    private Task PassTimeUntilAsync(Task idle) => Wait.UntilAsync(() =>
    {
        _time.Advance(GroupTime);
        return idle.IsCompleted;
    });

    private void Fail()
    {
        for (var i = 0; i < 3; i++)
        {
            Health.Failed();
        }
    }

    // Of another engine than the target's, so that nothing comes of a revocation but that it was tried.
    private IReadOnlyList<Lease> Claim(int max)
    {
        _claims.Add(max);
        _time.Advance(GroupTime);
        return _full-- > 0 ? [.. Enumerable.Range(0, max).Select(_ => NewLease())] : [];
    }

    private static Lease NewLease() => new()
    {
        Id = LeaseId.New(0),
        Task = new TaskKey(new WorkloadId("spiffe://example.org/agents/a"), new TaskId("t-1")),
        Grant = "read-orders",
        Engine = "another",
        Target = "db",
        Action = "read",
        Resource = "orders",
        DecisionId = "d-1",
    };
}
