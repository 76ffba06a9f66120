using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Reconciliation;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Audit;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Lists that have no end hold up no other target, and nothing is removed by half of one.</summary>
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

    private async Task<EngineException> FailureOfAsync(EndlessEngine engine)
    {
        using var measured = new MeasuredBroker();
        using var tracing = new BrokerTracing();
        await using var store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, engine.Time);
        var target = new Target("endless", "endless", JsonElement.Parse("{}"), 1, TimeSpan.FromMinutes(2));
        await using var limited = new TargetEngine(target, engine, measured.Metrics, tracing, engine.Time);
        var audit = new RecordingAudit();
        var reconciler = new TargetReconciler(
            _installation,
            new LeaseCover(store),
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

    /// <summary>Always has another page, with another lease on it.</summary>
    private sealed class EndlessEngine(Installation installation, ManualTime time, TimeSpan page) : IListableEngine
    {
        public Revocability Revocability => Revocability.Destroy;

        public ManualTime Time => time;

        public int Pages { get; private set; }

        public int Revoked { get; private set; }

        public ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Pages++;
            time.Advance(page);
            return ValueTask.FromResult(new ListedPage([LeaseId.New(0, installation)], $"page-{Pages}"));
        }

        public ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) => throw new NotSupportedException();

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
