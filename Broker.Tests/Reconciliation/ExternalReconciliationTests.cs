using Grpc.Core;
using SecretsBroker.Engine.V1;
using SecretsBroker.Leases;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Engines.External;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>Targets of engines in processes of their own, which say themselves what is there.</summary>
[NonParallelizable]
internal sealed class ExternalReconciliationTests
{
    private const string Resource = "notebooks/minutes";

    private TemporaryFolder _folder = null!;
    private TestEngine _engine = null!;

    [SetUp]
    public async Task StartEngineAsync()
    {
        _folder = new TemporaryFolder();
        _engine = await TestEngine.StartAsync(Path.Combine(_folder.Path, "engine.sock"));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "admin"), TestExternal.AdminSecret);
    }

    [TearDown]
    public async Task StopEngineAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task What_no_lease_covers_is_removed_and_what_others_made_is_left()
    {
        await using var broker = await StartAsync();
        var (live, orphan, foreign) = (
            await IssueAsync(broker), LeaseId.New(0, ReconcilingOperator.Installation).Value, LeaseId.New(0, Installation.Of("another")).Value);
        _engine.Accounts.Plant(orphan);
        _engine.Accounts.Plant(foreign);

        var report = await broker.ReconcileAsync("notebooks");

        Assert.That((report.ListedCount, report.OrphanCount, report.RemovedCount, report.MissingCount), Is.EqualTo((2, 1, 1, 0)));
        Assert.That((_engine.Accounts.Has(orphan), _engine.Accounts.Has(foreign), _engine.Accounts.Has(live)), Is.EqualTo((false, true, true)));
    }

    [Test]
    public async Task Engine_that_lists_what_is_not_its_installations_has_nothing_removed()
    {
        await using var broker = await StartAsync();
        var (live, foreign) = (await IssueAsync(broker), LeaseId.New(0, Installation.Of("another")).Value);
        _engine.Accounts.Plant(foreign);
        _engine.Page = (_, _) => new ListResponse { LeaseIds = { foreign, live } };

        var report = await broker.ReconcileAsync("notebooks");

        Assert.That((report.ListedCount, report.OrphanCount), Is.EqualTo((1, 0)));
        Assert.That((_engine.Accounts.Has(foreign), _engine.Accounts.Has(live)), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task What_is_not_there_any_more_is_missing_and_what_is_only_not_listed_is_not()
    {
        await using var broker = await StartAsync();
        var (lost, hidden) = (await IssueAsync(broker), await IssueAsync(broker));
        _engine.Accounts.Lose(lost);
        _engine.Page = (_, _) => new ListResponse();

        var report = await broker.ReconcileAsync("notebooks");

        Assert.That(report.MissingLeaseIds, Is.EqualTo(new[] { lost }));
        Assert.That(_engine.Accounts.Has(hidden), Is.True);
    }

    [Test]
    public async Task Engine_that_does_not_list_is_passed_by()
    {
        _engine.Description.Lists = false;
        await using var broker = await StartAsync();
        var orphan = LeaseId.New(0, ReconcilingOperator.Installation).Value;
        _engine.Accounts.Plant(orphan);

        var refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, () => broker.ReconcileAsync("notebooks"));

        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo("NOT_LISTABLE"));
        Assert.That(_engine.Accounts.Has(orphan), Is.True);
    }

    [Test]
    public async Task Brokers_do_it_by_themselves_whatever_other_engines_do()
    {
        await using var silent = await TestEngine.StartAsync(Path.Combine(_folder.Path, "silent.sock"));
        silent.Description.Lists = false;
        await using var broker = await StartAsync(silent, ("Reconciliation:Mode", "enforce"), ("Reconciliation:Interval", "00:00:01"));
        var orphan = LeaseId.New(0, ReconcilingOperator.Installation).Value;
        silent.Accounts.Plant(orphan);
        _engine.Accounts.Plant(orphan);
        await Wait.UntilAsync(() => !_engine.Accounts.Has(orphan));

        // Removed by a pass that came after the one before, at all targets, had come to its end.
        var second = LeaseId.New(0, ReconcilingOperator.Installation).Value;
        _engine.Accounts.Plant(second);
        await Wait.UntilAsync(() => !_engine.Accounts.Has(second));

        Assert.That(silent.Accounts.Has(orphan), Is.True);
    }

    private static async Task<string> IssueAsync(BrokerUnderTest broker)
    {
        var agent = broker.Agent("a");
        return (await agent.IssueAsync(await agent.StartTaskAsync(), Resource)).Lease.LeaseId;
    }

    private Task<BrokerUnderTest> StartAsync() => StartAsync(other: null);

    private Task<BrokerUnderTest> StartAsync(TestEngine? other, params (string Key, object Value)[] settings) => BrokerUnderTest.StartAsync(
        new Sandbox(
            new
            {
                targets = other is null ? new[] { TargetOf("notebooks", _engine) } : [TargetOf("notebooks", _engine), TargetOf("others", other)],
                grants = (object[])
                [
                    new
                    {
                        name = "read-minutes", action = "read", resource = Resource, target = "notebooks", default_ttl = "10m", max_ttl = "1h",
                        settings = new { engine_settings = new { notebooks = (string[])["minutes"] } },
                    },
                ],
            },
            ReconcilingOperator.Policies),
        adapt: null,
        [.. ReconcilingOperator.Settings, .. settings]);

    private object TargetOf(string name, TestEngine engine) => new
    {
        name, engine = "external",
        settings = new
        {
            socket = engine.Socket, revocability = "destroy", engine_settings = new { folder = "/srv/notes" },
            secrets = new { admin = new { file = Path.Combine(_folder.Path, "admin") } },
        },
    };
}
