using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Lists that have no end are given up, and nothing is removed by half of one; so is asking for what is missing.</summary>
internal sealed class TargetReconcilerTests
{
    private readonly Installation _installation = Installation.Of("tests");

    [Test]
    public async Task List_of_too_many_pages_is_given_up()
    {
        await using var engine = new EndlessEngine(_installation, new ManualTime(), TimeSpan.Zero);

        var failure = await FailureOfAsync(engine);

        Assert.That(failure.Message, Is.EqualTo("target endless: its list has no end within 5000 pages"));
        Assert.That((engine.Pages, engine.Revoked), Is.EqualTo((5_000, 0)));
    }

    [Test]
    public async Task List_that_takes_too_long_is_given_up()
    {
        await using var engine = new EndlessEngine(_installation, new ManualTime(), TimeSpan.FromMinutes(1));

        var failure = await FailureOfAsync(engine);

        Assert.That(failure.Message, Is.EqualTo("target endless: what it holds could not be listed within 00:10:00"));
        Assert.That((engine.Pages, engine.Revoked), Is.EqualTo((10, 0)));
    }

    [Test]
    public async Task Target_that_is_asked_for_too_long_for_what_it_did_not_list_is_given_up()
    {
        await using var engine = new EndlessEngine(_installation, new ManualTime(), TimeSpan.FromMinutes(1)) { IsEmpty = true };

        var failure = await FailureOfAsync(engine, [.. Enumerable.Range(0, 20).Select(_ => LeaseId.New(0, _installation))]);

        Assert.That(failure.Message, Is.EqualTo("target endless: it could not be asked for all that it did not list within 00:10:00"));
        Assert.That((engine.Pages, engine.Looks, engine.Revoked), Is.EqualTo((1, 10, 0)));
    }

    private async Task<EngineException> FailureOfAsync(EndlessEngine engine, params LeaseId[] active)
    {
        using var measured = new MeasuredBroker();
        using var tracing = new BrokerTracing();
        var store = new Mock<ILeaseStore>();
        store.Setup(one => one.ShardCount).Returns(1);
        store.Setup(one => one.ListLiveAsync(0, It.IsAny<string?>(), It.IsAny<int>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new LivePage([.. active.Select(id => new LiveLease(ActiveLease(id), Basis: null))], NextCursor: null));
        var target = new Target("endless", "endless", JsonElement.Parse("{}"), 1, TimeSpan.FromMinutes(2));
        await using var limited = new TargetEngine(target, engine, measured.Metrics, tracing, engine.Time);
        var audit = new RecordingAudit();
        var reconciler = new TargetReconciler(
            _installation,
            new LeaseCover(store.Object),
            new OrphanRemoval(audit, measured.Metrics, NullLogger<OrphanRemoval>.Instance),
            audit,
            measured.Metrics,
            Options.Create(new ReconciliationOptions { Grace = TimeSpan.Zero }),
            engine.Time);

        var failure = await Assert.ThrowsAsync<EngineException>(
            async () => await reconciler.RunAsync(limited, dryRun: false, actor: "", CancellationToken.None));

        Assert.That(
            measured.Measured.Where(one => one.Name == TelemetryNames.Metrics.ReconciliationPasses).Select(one => one.Tags[TelemetryNames.Attributes.Outcome]),
            Is.EqualTo(new[] { "failed" }));
        return failure!;
    }

    private static Lease ActiveLease(LeaseId id) => new()
    {
        Id = id,
        Task = new TaskKey(new WorkloadId("spiffe://test/agent"), new TaskId("t-1")),
        Grant = "read-items",
        Engine = "endless",
        Target = "endless",
        Action = "read",
        Resource = "items",
        DecisionId = "d-1",
        State = LeaseState.Active,
    };

    /// <summary>Always has another page, with another lease on it, or has nothing and takes its time to say so.</summary>
    private sealed class EndlessEngine(Installation installation, ManualTime time, TimeSpan answer) : IListableEngine
    {
        public bool IsEmpty { get; init; }

        public Revocability Revocability => Revocability.Destroy;

        public ManualTime Time => time;

        public int Pages { get; private set; }

        public int Looks { get; private set; }

        public int Revoked { get; private set; }

        public ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Pages++;
            if (IsEmpty)
            {
                return ValueTask.FromResult(new ListedPage([], null));
            }

            time.Advance(answer);
            return ValueTask.FromResult(new ListedPage([LeaseId.New(0, installation)], $"page-{Pages}"));
        }

        public ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Looks++;
            time.Advance(answer);
            return ValueTask.FromResult(true);
        }

        public ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
        {
            Revoked++;
            return ValueTask.CompletedTask;
        }

        public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new Verification(Gone: true, "removed"));

        public ValueTask CheckAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
